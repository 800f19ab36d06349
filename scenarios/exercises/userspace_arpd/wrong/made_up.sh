#!/bin/bash
# believes: the rule gives every address a link-layer address
# told: and sends to it for ever
h1 sysctl -qw net.ipv4.neigh.eth0.app_solicit=1 net.ipv4.neigh.eth0.mcast_solicit=0
h1 ip monitor neigh | while read -r word addr _; do
    [ "$word" = miss ] || continue
    h1 ip neigh replace "$addr" dev eth0 lladdr "$(printf '02:42:%02x:%02x:%02x:%02x' ${addr//./ })" nud reachable
done &
