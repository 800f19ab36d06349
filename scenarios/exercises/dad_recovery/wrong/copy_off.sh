#!/bin/sh
# believes: the copy is best taken off the LAN
# told: or h2 at 2001:db8::2
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
h2 ip link set eth0 down
h1 ip addr del 2001:db8::50/64 dev eth0
h1 ip addr add 2001:db8::50/64 dev eth0
answer flag dadfailed
