#!/bin/sh
# believes: entries made beforehand spare every question
# told: No program on h1 listens to the kernel
h1 sysctl -qw net.ipv4.neigh.eth0.app_solicit=1 net.ipv4.neigh.eth0.mcast_solicit=0
for number in 2 3 4 5; do
    h1 ip neigh replace 198.18.0.$number dev eth0 lladdr 02:42:c6:12:00:0$number
done
