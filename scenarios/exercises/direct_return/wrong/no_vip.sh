#!/bin/sh
# believes: only the director needs the VIP
# told: without the address it cannot serve
for server in real1 real2 real3; do
    $server ip addr del 192.0.2.100/32 dev lo
done
