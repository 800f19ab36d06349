#!/bin/bash
# believes: a program that answers misses is asked as soon as it listens
# told: h1 has broadcast its question
h1 ip monitor neigh | while read -r word addr _; do
    [ "$word" = miss ] || continue
    h1 ip neigh replace "$addr" dev eth0 lladdr "$(printf '02:42:%02x:%02x:%02x:%02x' ${addr//./ })" nud reachable
done &
