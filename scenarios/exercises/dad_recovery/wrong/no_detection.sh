#!/bin/sh
# believes: detection is what has broken the service
# told: Detection is off
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
h1 sysctl -qw net.ipv6.conf.eth0.accept_dad=0
h1 ip addr del 2001:db8::50/64 dev eth0
h1 ip addr add 2001:db8::50/64 dev eth0
answer flag dadfailed
