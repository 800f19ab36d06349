#!/bin/sh
# believes: what is set for `default` holds for every interface
# told: what new interfaces begin with
me='lladdr="00:00:5e:00:53:02"'
to='receiver="192.0.2.1", receiver_lladdr="00:00:5e:00:53:01"'
victim ip ntable change name arp_cache dev eth0 locktime 0
victim sysctl -qw net.ipv4.conf.default.arp_accept=1
attacker frame "arp.reply('192.0.2.12', $me, $to)"
attacker frame "arp.reply('192.0.2.22', $me, $to)"
answer refused 12 22 23 24
