#!/bin/sh
# believes: a message that works may be used for everything
# told: was claimed by another form as well
me='lladdr="00:00:5e:00:53:02"'
to='receiver="192.0.2.1", receiver_lladdr="00:00:5e:00:53:01"'
victim ip ntable change name arp_cache dev eth0 locktime 0
victim sysctl -qw net.ipv4.conf.eth0.arp_accept=1
attacker frame "arp.reply('192.0.2.12', $me, $to)"
attacker frame "arp.request('192.0.2.1', sender='192.0.2.12', $me)"
answer refused 12 22 23 24
answer reachable 12 22
