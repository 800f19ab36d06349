#!/bin/sh
# Whoever claims the owner's address must name the owner's link-layer address; about all others the filter says nothing.
victim nft add table arp guard
victim nft 'add chain arp guard input { type filter hook input priority 0; }'
victim nft 'add rule arp guard input arp saddr ip 192.0.2.3 arp saddr ether != 00:00:5e:00:53:03 drop'
