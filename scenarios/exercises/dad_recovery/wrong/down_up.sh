#!/bin/sh
# believes: an interface that comes up is as it was before, and asks again
# told: that loses its IPv6 addresses
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
h2 ip addr del 2001:db8::50/64 dev eth0
h1 ip link set eth0 down
h1 ip link set eth0 up
answer flag dadfailed
