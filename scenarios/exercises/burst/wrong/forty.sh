#!/bin/sh
# believes: where there is room for 40 packets, 40 packets wait
# told: whatever unit a setting's name speaks of
victim ip ntable change name arp_cache dev eth0 queue 40
answer lost first
answer state INCOMPLETE
