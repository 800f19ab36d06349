#!/bin/bash
# The kernel asks user space and nobody else; every question is answered, also with "nobody has it".
h1 sysctl -qw net.ipv4.neigh.eth0.app_solicit=1 net.ipv4.neigh.eth0.mcast_solicit=0

h1 ip monitor neigh | while read -r word addr _; do
    [ "$word" = miss ] || continue
    case $addr in
    198.18.*)
        lladdr=$(printf '02:42:%02x:%02x:%02x:%02x' ${addr//./ })
        h1 ip neigh replace "$addr" dev eth0 lladdr "$lladdr" nud reachable
        ;;
    *) h1 ip neigh replace "$addr" dev eth0 nud failed ;;
    esac
done &
