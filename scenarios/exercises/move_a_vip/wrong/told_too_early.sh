#!/bin/sh
# believes: the client should be told as early as possible
# told: before the standby had the VIP
standby frame 'arp.announcement("192.0.2.100", lladdr="00:00:5e:00:53:12")'
standby ip addr add 192.0.2.100/24 dev eth0
active ip addr del 192.0.2.100/24 dev eth0
