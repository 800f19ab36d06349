#!/bin/bash
# believes: as many static entries as it takes until the poll succeeds are enough
# told: the same kernel and the same table
answer error ENOBUFS
h1 ping -c 1 -W 2 198.18.4.1 > /dev/null
lladdr=$(h1 ip neigh show 198.18.4.1 | sed 's/.*lladdr \([^ ]*\).*/\1/')
for number in {1..165}; do
    echo "neigh replace 198.18.4.$number dev eth0 lladdr $lladdr"
done | h1 ip -batch -
