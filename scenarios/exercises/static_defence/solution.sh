#!/bin/sh
# Each end ties the other's address to its link-layer address; everybody else is still learned.
victim ip neigh replace 192.0.2.3 lladdr 00:00:5e:00:53:03 dev eth0 nud permanent
owner ip neigh replace 192.0.2.1 lladdr 00:00:5e:00:53:01 dev eth0 nud permanent
