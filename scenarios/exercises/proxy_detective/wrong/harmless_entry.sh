#!/bin/sh
# believes: whoever has an entry for the address answers for it, and the first one that is found is the culprit
# told: does it answer?
answer machine h6
h6 ip -6 neigh del proxy 2001:db8::77 dev eth0
h1 ip addr del 2001:db8::77/64 dev eth0
h1 ip addr add 2001:db8::77/64 dev eth0
