#!/bin/sh
# On eth0 nobody is told of addresses that are not eth0's, neither in answers nor in questions.
for server in real1 real2 real3; do
    $server sysctl -qw net.ipv4.conf.all.arp_ignore=1
    $server sysctl -qw net.ipv4.conf.all.arp_announce=2
done
