#!/bin/sh
# Entries that exist are protected by locktime against answers alone; new ones are made by a question to the victim, or
# by any claim if arp_accept says so.
me='lladdr="00:00:5e:00:53:02"'
to='receiver="192.0.2.1", receiver_lladdr="00:00:5e:00:53:01"'

victim ip ntable change name arp_cache dev eth0 locktime 0
victim sysctl -qw net.ipv4.conf.eth0.arp_accept=1
for group in 1 2; do
    attacker frame "arp.request('192.0.2.1', sender='192.0.2.${group}1', $me)"
    attacker frame "arp.reply('192.0.2.${group}2', $me, $to)"
    attacker frame "arp.gratuitous('192.0.2.${group}3', $me)"
    attacker frame "arp.gratuitous('192.0.2.${group}4', $me, form='reply')"
done
answer refused 12 22 23 24
answer reachable 12 22
