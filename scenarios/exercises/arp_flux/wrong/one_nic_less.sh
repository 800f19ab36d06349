#!/bin/sh
# believes: where there is one NIC there is no flux, so the second one can go
# told: a cure must not cost a NIC or an address
server sysctl -qw net.ipv4.conf.all.arp_ignore=1
server sysctl -qw net.ipv4.conf.all.arp_announce=2
server ip link set eth1 down
