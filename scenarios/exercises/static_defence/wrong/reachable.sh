#!/bin/sh
# believes: an entry that was set by hand stays as it is
# told: REACHABLE is a state that ARP may change
victim ip neigh replace 192.0.2.3 lladdr 00:00:5e:00:53:03 dev eth0 nud reachable
owner ip neigh replace 192.0.2.1 lladdr 00:00:5e:00:53:01 dev eth0 nud reachable
