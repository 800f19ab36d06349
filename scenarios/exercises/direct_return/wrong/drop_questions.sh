#!/bin/sh
# believes: a question in the name of the VIP is best dropped
# told: a question that is dropped gets no answer
for server in real1 real2 real3; do
    $server nft add table arp vip
    $server nft 'add chain arp vip in { type filter hook input priority 0; }'
    $server nft 'add rule arp vip in arp daddr ip 192.0.2.100 drop'
    $server nft 'add chain arp vip out { type filter hook output priority 0; }'
    $server nft 'add rule arp vip out arp saddr ip 192.0.2.100 drop'
done
