#!/bin/sh
# believes: two addresses with one link-layer address are always a theft
# told: One host may have many addresses
h1 ip neigh del 198.18.0.40 dev eth0
h1 ping -c 1 -W 2 198.18.0.40
answer intruder 198.18.0.4
answer stolen 198.18.0.40
answer owner 00:00:5e:00:53:04
