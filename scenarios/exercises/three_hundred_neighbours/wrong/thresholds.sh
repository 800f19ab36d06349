#!/bin/sh
# believes: each namespace has a limit of its own, and may raise it
# told: the kernel's table is full
answer error ENOBUFS
h1 sysctl -w net.ipv4.neigh.default.gc_thresh3=4096
