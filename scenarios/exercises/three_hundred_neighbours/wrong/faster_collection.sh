#!/bin/sh
# believes: entries that go stale at once make room at once
# told: too young
answer error ENOBUFS
h1 ip ntable change name arp_cache dev eth0 base_reachable 100 gc_stale 100
h1 sysctl -qw net.ipv4.neigh.eth0.gc_stale_time=1
