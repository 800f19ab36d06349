#!/bin/sh
# believes: hosts learn from answers, so false answers are to be dropped
# told: the kernel learns from questions as from answers
victim nft add table arp guard
victim nft 'add chain arp guard input { type filter hook input priority 0; }'
victim nft 'add rule arp guard input arp operation reply arp saddr ip 192.0.2.3 arp saddr ether != 00:00:5e:00:53:03 drop'
