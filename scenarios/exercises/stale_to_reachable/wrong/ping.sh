#!/bin/sh
# believes: an answered ping proves to the kernel that the peer is reachable
# told: packets that come back do not prove that packets arrive
victim ping -c 1 -W 2 192.0.2.2
until victim ip neigh show 192.0.2.2 | grep -q REACHABLE; do sleep 0.1; done
answer silent PROBE
