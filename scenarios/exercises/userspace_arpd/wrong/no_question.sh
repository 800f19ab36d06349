#!/bin/bash
# believes: without broadcasts the kernel turns to user space by itself
# told: the kernel has asked nobody
h1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=0
h1 ip monitor neigh | while read -r word addr _; do
    [ "$word" = miss ] || continue
    h1 ip neigh replace "$addr" dev eth0 lladdr "$(printf '02:42:%02x:%02x:%02x:%02x' ${addr//./ })" nud reachable
done &
