#!/bin/sh
# believes: who has poisoned the victim has the conversation
# told: half of the conversation escapes
attacker sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0 net.ipv4.ip_forward=1
attacker frame 'arp.request("192.0.2.1", sender="192.0.2.3", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:01")'
answer word violet-umbrella
