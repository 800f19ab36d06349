#!/bin/sh
# believes: spoofing is done with gratuitous ARP, so dropping that is enough
# told: about one form of ARP leaves the others
victim sysctl -qw net.ipv4.conf.eth0.drop_gratuitous_arp=1
owner sysctl -qw net.ipv4.conf.eth0.drop_gratuitous_arp=1
