#!/bin/sh
# believes: clean up first, then look: what is left that shares a link-layer address must be the intruder
# told: ask again, and both are
h1 ip neigh flush all
for addr in 2 3 4 5 6 40; do
    h1 ping -c 1 -W 2 198.18.0.$addr > /dev/null
done
pair=$(h1 ip neigh | sort -k 5 | awk '$5 == last {print before, $1} {last = $5; before = $1}')
answer intruder "${pair%% *}"
answer stolen "${pair##* }"
answer owner 00:00:5e:00:53:02
