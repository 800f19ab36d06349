#!/bin/sh
# believes: what is set for `default` holds for every interface
# told: what new interfaces begin with
victim sysctl -qw net.ipv4.neigh.default.locktime=0
victim sysctl -qw net.ipv4.conf.default.arp_accept=1
attacker frame 'arp.request("192.0.2.1", sender="192.0.2.11", lladdr="00:00:5e:00:53:02")'
attacker frame 'arp.request("192.0.2.1", sender="192.0.2.21", lladdr="00:00:5e:00:53:02")'
answer refused 12 22 23 24
