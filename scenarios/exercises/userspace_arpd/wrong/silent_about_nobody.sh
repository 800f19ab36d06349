#!/bin/bash
# believes: who has nothing to say says nothing
# told: A resolver that knows that there is nobody can say that
h1 sysctl -qw net.ipv4.neigh.eth0.app_solicit=1 net.ipv4.neigh.eth0.mcast_solicit=0
h1 ip monitor neigh | while read -r word addr _; do
    case "$word $addr" in "miss 198.18."*)
        h1 ip neigh replace "$addr" dev eth0 lladdr "$(printf '02:42:%02x:%02x:%02x:%02x' ${addr//./ })" nud reachable ;;
    esac
done &
