#!/bin/sh
# believes: a liar is known by the source of the frame
# told: the kernel learns what the message says
victim nft add table arp guard
victim nft 'add chain arp guard input { type filter hook input priority 0; }'
victim nft 'add rule arp guard input arp saddr ip 192.0.2.3 ether saddr != 00:00:5e:00:53:03 drop'
