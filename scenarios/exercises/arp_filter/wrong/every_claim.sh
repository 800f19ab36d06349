#!/bin/sh
# believes: whoever claims the address is a liar
# told: tell a true claim from a false one
victim nft add table arp guard
victim nft 'add chain arp guard input { type filter hook input priority 0; }'
victim nft 'add rule arp guard input arp saddr ip 192.0.2.3 drop'
