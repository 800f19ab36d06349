#!/bin/sh
# believes: a proxy that answers for one address too many is to be switched off
# told: somebody has to answer for it
answer machine h5
h5 sysctl -qw net.ipv6.conf.eth0.proxy_ndp=0
h1 ip addr del 2001:db8::77/64 dev eth0
h1 ip addr add 2001:db8::77/64 dev eth0
