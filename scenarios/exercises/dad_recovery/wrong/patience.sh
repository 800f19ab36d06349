#!/bin/sh
# believes: the kernel tries again when the duplicate has gone
# told: stays so, however long you wait
h1 ip addr add 2001:db8::50/64 dev eth0
until h1 ip -6 addr show dev eth0 | grep -q dadfailed; do sleep 0.1; done
h2 ip addr del 2001:db8::50/64 dev eth0
sleep 2
answer flag dadfailed
