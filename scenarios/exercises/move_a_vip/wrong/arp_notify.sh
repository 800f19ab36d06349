#!/bin/sh
# believes: with arp_notify the kernel announces each address that is added
# told: An address that is added is not announced by itself
standby sysctl -qw net.ipv4.conf.eth0.arp_notify=1
standby ip addr add 192.0.2.100/24 dev eth0
active ip addr del 192.0.2.100/24 dev eth0
