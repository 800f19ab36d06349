#!/bin/sh
# believes: real servers need no ARP
# told: does not answer for its own address any more
for server in real1 real2 real3; do
    $server ip link set eth0 arp off
done
