#!/bin/sh
# believes: arp_accept=0 makes Linux ignore gratuitous ARP
# told: An entry that exists, and one that would have to be made
me='lladdr="00:00:5e:00:53:02"'
victim sysctl -qw net.ipv4.conf.eth0.arp_accept=1
for number in 13 23; do
    attacker frame "arp.gratuitous('192.0.2.$number', $me)"
done
answer refused 12 13 14 22 23 24
