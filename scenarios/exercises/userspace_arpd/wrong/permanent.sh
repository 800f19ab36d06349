#!/bin/bash
# believes: what is surely right may be PERMANENT
# told: no garbage collection frees it
h1 sysctl -qw net.ipv4.neigh.eth0.app_solicit=1 net.ipv4.neigh.eth0.mcast_solicit=0
h1 ip monitor neigh | while read -r word addr _; do
    [ "$word" = miss ] || continue
    case $addr in
    198.18.*) h1 ip neigh replace "$addr" dev eth0 lladdr "$(printf '02:42:%02x:%02x:%02x:%02x' ${addr//./ })" ;;
    *) h1 ip neigh replace "$addr" dev eth0 nud failed ;;
    esac
done &
