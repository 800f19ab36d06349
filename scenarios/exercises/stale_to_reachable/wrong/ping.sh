#!/bin/sh
# believes: an answered ping proves to the kernel that the peer is reachable
# told: packets that come back prove nothing to the kernel
victim ping -c 1 -W 2 192.0.2.2
answer silent DELAY
