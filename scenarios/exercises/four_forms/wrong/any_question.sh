#!/bin/sh
# believes: every question teaches where its sender is, whomever it asks
# told: was claimed, but not by this form
me='lladdr="00:00:5e:00:53:02"'
attacker frame "arp.request('192.0.2.3', sender='192.0.2.11', $me)"
attacker frame "arp.request('192.0.2.3', sender='192.0.2.21', $me)"
answer refused 12 22 23 24
