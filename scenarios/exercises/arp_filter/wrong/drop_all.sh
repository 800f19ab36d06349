#!/bin/sh
# believes: who drops all ARP cannot be lied to
# told: ARP of others is dropped as well
victim nft add table arp guard
victim nft 'add chain arp guard input { type filter hook input priority 0; policy drop; }'
