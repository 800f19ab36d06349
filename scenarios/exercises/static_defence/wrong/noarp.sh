#!/bin/sh
# believes: an entry that needs no ARP is as good as a permanent one
# told: it goes with the carrier
victim ip neigh replace 192.0.2.3 lladdr 00:00:5e:00:53:03 dev eth0 nud noarp
owner ip neigh replace 192.0.2.1 lladdr 00:00:5e:00:53:01 dev eth0 nud noarp
