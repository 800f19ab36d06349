#!/bin/sh
# believes: an address that is not asked for cannot fail
# told: nobody was asked
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
h2 ip addr del 2001:db8::50/64 dev eth0
h1 ip addr del 2001:db8::50/64 dev eth0
h1 ip addr add 2001:db8::50/64 dev eth0 nodad
answer flag dadfailed
