#!/bin/sh
# believes: 40 packets of 1200 bytes take no more room than 32 of 1500
# told: a packet takes more than its length
victim ip ntable change name arp_cache dev eth0 queue 32
answer lost first
answer state INCOMPLETE
