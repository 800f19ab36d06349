#!/bin/sh
# All sensors are at h2: one route makes one neighbour of them. What a program is told without it is found out first.
h1 ip neigh flush dev eth0
answer error "$(h1 python3 -c '
import errno
import socket

poller = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
poller.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: tell what went wrong
try:
    for number in range(1, 301):
        poller.sendto(b"\x08\0\xf7\xff\0\0\0\0", (f"198.18.{4 + number // 256}.{number % 256}", 0))
except OSError as problem:
    print(errno.errorcode[problem.errno])
')"
h1 ip neigh flush dev eth0
h1 ip route add 198.18.4.0/23 via 198.18.0.2
