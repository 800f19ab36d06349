#!/bin/sh
# believes: a gateway for everything is a gateway for the sensors
# told: makes a detour
answer error ENOBUFS
h1 ip route add 198.18.0.2 dev eth0
h1 ip route replace 198.18.0.0/15 via 198.18.0.2
