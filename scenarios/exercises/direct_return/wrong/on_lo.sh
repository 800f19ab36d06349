#!/bin/sh
# believes: the settings belong to the interface that has the address
# told: on every interface, unless the interface that was asked
for server in real1 real2 real3; do
    $server sysctl -qw net.ipv4.conf.lo.arp_ignore=1
    $server sysctl -qw net.ipv4.conf.lo.arp_announce=2
done
