#!/bin/sh
# believes: adding it again is enough
# told: h2 still has the address
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
h1 ip addr del 2001:db8::50/64 dev eth0
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
answer flag tentative
