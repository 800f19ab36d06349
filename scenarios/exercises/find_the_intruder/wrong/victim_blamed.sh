#!/bin/sh
# believes: the address that does not work is the intruder's
# told: Nobody is at fault for having been robbed
h1 ip neigh del 198.18.0.2 dev eth0
h1 ping -c 1 -W 2 198.18.0.2
answer intruder 198.18.0.2
answer stolen 198.18.0.2
answer owner 00:00:5e:00:53:02
