#!/bin/sh
# believes: a table that looks poisoned has been poisoned
# told: An entry that was made by hand
victim ip ntable change name arp_cache dev eth0 locktime 0
victim sysctl -qw net.ipv4.conf.eth0.arp_accept=1
for number in 11 12 13 14 21 22 23 24; do
    victim ip neigh replace 192.0.2.$number lladdr 00:00:5e:00:53:02 dev eth0 nud stale
done
answer refused 12 22 23 24
answer reachable 12 22
