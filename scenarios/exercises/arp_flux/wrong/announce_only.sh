#!/bin/sh
# believes: arp_announce is the cure for ARP flux
# told: Both NICs answer for 192.0.2.11
server sysctl -qw net.ipv4.conf.all.arp_announce=2
