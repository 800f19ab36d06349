#!/bin/sh
# believes: app_solicit switches on a resolver that the kernel has
# told: No program on h1 listens to the kernel
h1 sysctl -qw net.ipv4.neigh.eth0.app_solicit=1 net.ipv4.neigh.eth0.mcast_solicit=0
