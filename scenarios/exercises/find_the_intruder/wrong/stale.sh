#!/bin/sh
# believes: STALE is the state of what cannot be trusted
# told: which is old knowledge and no lie
h1 ip neigh del 198.18.0.6 dev eth0
answer intruder 198.18.0.6
answer stolen 198.18.0.6
answer owner 00:00:5e:00:53:06
