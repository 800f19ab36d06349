#!/bin/sh
# believes: a liar is known by the source of the frame
# told: the kernel learns what the message says
victim tc qdisc add dev eth0 clsact
victim tc filter add dev eth0 ingress prio 1 protocol arp flower src_mac 00:00:5e:00:53:03 action pass
victim tc filter add dev eth0 ingress prio 2 protocol arp flower arp_sip 192.0.2.3 action drop
