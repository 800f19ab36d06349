#!/bin/sh
# 40 packets of 1200 bytes bind some 90 KiB; the kernel's own default, which somebody had lowered, has room for them.
# 101 packets of full size are 212992 bytes, which sysctl calls unres_qlen_bytes.
victim ip ntable change name arp_cache dev eth0 queue 101
answer lost first
answer state INCOMPLETE
