#!/bin/sh
# believes: a fresh entry is as good as a confirmed one
# told: an entry that is deleted
victim ip neigh flush dev eth0
victim ping -c 1 -W 2 192.0.2.2
answer silent DELAY
