#!/bin/sh
# believes: detection that finds what is not there may be switched off for good
# told: It was right to complain
answer machine h5
h1 sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.dad_transmits=0
h1 ip addr del 2001:db8::77/64 dev eth0
h1 ip addr add 2001:db8::77/64 dev eth0
