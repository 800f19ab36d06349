#!/bin/sh
# believes: a static entry is a filter for one address
# told: A filter stays
victim ip neigh replace 192.0.2.3 lladdr 00:00:5e:00:53:03 dev eth0 nud permanent
