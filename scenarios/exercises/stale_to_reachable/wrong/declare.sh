#!/bin/sh
# believes: REACHABLE is what the administrator says it is
# told: declares what you wish
victim ip neigh change 192.0.2.2 lladdr 00:00:5e:00:53:02 dev eth0 nud reachable
answer silent DELAY
