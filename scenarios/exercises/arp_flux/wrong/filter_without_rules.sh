#!/bin/sh
# believes: arp_filter ties an address to its NIC
# told: it wants rules by source
server sysctl -qw net.ipv4.conf.all.arp_filter=1
