#!/bin/sh
# believes: with static entries ARP can be switched off altogether
# told: A new host on the LAN is not reached
victim ip link set eth0 arp off
owner ip link set eth0 arp off
victim ip neigh replace 192.0.2.3 lladdr 00:00:5e:00:53:03 dev eth0 nud permanent
owner ip neigh replace 192.0.2.1 lladdr 00:00:5e:00:53:01 dev eth0 nud permanent
