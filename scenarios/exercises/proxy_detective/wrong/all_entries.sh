#!/bin/sh
# believes: proxy entries are leftovers, and nobody needs them
# told: Only what is said for 2001:db8::77 is wrong
answer machine h5
for host in h4 h5 h6; do
    $host ip -6 neigh show proxy | while read -r addr _; do
        $host ip -6 neigh del proxy "$addr" dev eth0
    done
done
h1 ip addr del 2001:db8::77/64 dev eth0
h1 ip addr add 2001:db8::77/64 dev eth0
