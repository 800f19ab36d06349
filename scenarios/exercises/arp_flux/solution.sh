#!/bin/sh
# Answer only for the address of the NIC that was asked; ask only in the name of the NIC's own address.
server sysctl -qw net.ipv4.conf.all.arp_ignore=1
server sysctl -qw net.ipv4.conf.all.arp_announce=2
