#!/bin/sh
# Who is given for the address when a host that is not concerned asks? There, and only there, the entry goes; then h1 may
# try again.
h2 ping -c 1 -W 1 2001:db8::77 > /dev/null
culprit=$(h2 ip -6 neigh show 2001:db8::77 | sed -n 's/.*lladdr \([^ ]*\).*/\1/p')
for host in h3 h4 h5 h6; do
    if $host ip link show dev eth0 | grep -q "$culprit"; then
        answer machine $host
        $host ip -6 neigh del proxy 2001:db8::77 dev eth0
    fi
done
h1 ip addr del 2001:db8::77/64 dev eth0
h1 ip addr add 2001:db8::77/64 dev eth0
