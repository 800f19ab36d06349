#!/bin/sh
# believes: once the client is told, the old owner does no harm
# told: or not alone
standby ip addr add 192.0.2.100/24 dev eth0
standby frame 'arp.announcement("192.0.2.100", lladdr="00:00:5e:00:53:12")'
