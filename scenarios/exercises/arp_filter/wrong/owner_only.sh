#!/bin/sh
# believes: only the owner's ARP is worth hearing
# told: ARP of others is dropped as well
victim nft add table arp guard
victim nft 'add chain arp guard input { type filter hook input priority 0; }'
victim nft 'add rule arp guard input arp saddr ether != 00:00:5e:00:53:03 drop'
