#!/bin/sh
# believes: arp_ignore is the cure for ARP flux
# told: the server's own questions are not
server sysctl -qw net.ipv4.conf.all.arp_ignore=1
