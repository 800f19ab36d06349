#!/bin/sh
# believes: whoever knows the collector needs no queue
# told: keeps the packets for one host from waiting
victim ip neigh replace 192.0.2.2 lladdr 00:00:5e:00:53:02 dev eth0 nud permanent
answer lost first
answer state INCOMPLETE
