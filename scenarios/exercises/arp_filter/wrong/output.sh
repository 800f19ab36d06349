#!/bin/sh
# believes: the hook does not matter
# told: on its way into the victim's kernel
victim nft add table arp guard
victim nft 'add chain arp guard output { type filter hook output priority 0; }'
victim nft 'add rule arp guard output arp saddr ip 192.0.2.3 arp saddr ether != 00:00:5e:00:53:03 drop'
