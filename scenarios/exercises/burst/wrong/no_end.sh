#!/bin/sh
# believes: a queue cannot be too long
# told: may hold more than 1 MiB
victim ip ntable change name arp_cache dev eth0 queue 100000
answer lost first
answer state INCOMPLETE
