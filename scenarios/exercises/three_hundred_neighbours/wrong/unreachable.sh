#!/bin/sh
# believes: the program is told what it would be told if the sensor were not there
# told: not what the program is told
answer error EHOSTUNREACH
h1 ip route add 198.18.4.0/23 via 198.18.0.2
