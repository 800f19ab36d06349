#!/bin/sh
# believes: the address is free, so the detection is what is wrong
# told: who does not ask is not told
answer machine h5
h1 ip addr del 2001:db8::77/64 dev eth0
h1 ip addr add 2001:db8::77/64 dev eth0 nodad
