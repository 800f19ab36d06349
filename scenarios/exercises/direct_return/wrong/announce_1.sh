#!/bin/sh
# believes: arp_announce=1 avoids every address of another interface
# told: in the name of the VIP
for server in real1 real2 real3; do
    $server sysctl -qw net.ipv4.conf.all.arp_ignore=1
    $server sysctl -qw net.ipv4.conf.all.arp_announce=1
done
