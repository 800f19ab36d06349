#!/bin/sh
# believes: PERMANENT is the better REACHABLE
# told: nothing told the kernel that the peer receives
victim ip neigh replace 192.0.2.2 lladdr 00:00:5e:00:53:02 dev eth0 nud permanent
answer silent PROBE
