#!/bin/sh
# believes: an address must be free before somebody else may take it
# told: The active gave the VIP up while the client still sent to it
active ip addr del 192.0.2.100/24 dev eth0
standby ip addr add 192.0.2.100/24 dev eth0
standby frame 'arp.announcement("192.0.2.100", lladdr="00:00:5e:00:53:12")'
