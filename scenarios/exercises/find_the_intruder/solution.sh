#!/bin/sh
# Suspects are addresses that share a link-layer address. Each is asked for again: the one whose owner gives another
# link-layer address was stolen, and who shares the old one by right is the thief.
before=$(h1 ip neigh show dev eth0 nud all | grep lladdr)
lladdr_in() { sed -n "s/^$1 .*lladdr \([^ ]*\).*/\1/p"; }

for lladdr in $(echo "$before" | sed 's/.*lladdr \([^ ]*\).*/\1/' | sort | uniq -d); do
    suspects=$(echo "$before" | sed -n "s/^\([0-9.]*\) .*lladdr $lladdr.*/\1/p")
    for addr in $suspects; do
        h1 ip neigh del "$addr" dev eth0
        h1 ping -c 1 -W 2 "$addr" > /dev/null
        now=$(h1 ip neigh show dev eth0 | lladdr_in "$addr")
        [ "$now" = "$lladdr" ] && continue
        answer stolen "$addr"
        answer owner "$now"
        for other in $suspects; do
            [ "$other" = "$addr" ] || answer intruder "$other"
        done
    done
done
