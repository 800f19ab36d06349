#!/bin/sh
# The new owner is ready before anybody is sent to it, and the old one stays until nobody comes any more.
standby ip addr add 192.0.2.100/24 dev eth0
standby frame 'arp.announcement("192.0.2.100", lladdr="00:00:5e:00:53:12")'
active ip addr del 192.0.2.100/24 dev eth0
