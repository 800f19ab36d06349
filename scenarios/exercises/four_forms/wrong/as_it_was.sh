#!/bin/sh
# believes: what a receiver believes depends on the message alone
# told: still protected against answers
me='lladdr="00:00:5e:00:53:02"'
to='receiver="192.0.2.1", receiver_lladdr="00:00:5e:00:53:01"'
for group in 1 2; do
    attacker frame "arp.request('192.0.2.1', sender='192.0.2.${group}1', $me)"
    attacker frame "arp.reply('192.0.2.${group}2', $me, $to)"
    attacker frame "arp.gratuitous('192.0.2.${group}3', $me)"
    attacker frame "arp.gratuitous('192.0.2.${group}4', $me, form='reply')"
done
answer refused 12 22 23 24
answer reachable 12
