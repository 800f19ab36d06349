#!/bin/sh
# believes: a host that does not answer for the VIP hides it
# told: the client learns from the question
for server in real1 real2 real3; do
    $server sysctl -qw net.ipv4.conf.all.arp_ignore=1
done
