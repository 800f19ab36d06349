#!/bin/sh
# An application that knows its datagrams to arrive says so with MSG_CONFIRM (0x800). The timer of DELAY looks back no
# further than its own length, so the proof must not be given in the same moment in which DELAY begins.
victim python3 -c '
import socket
import time

talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.sendto(b"are you there", ("192.0.2.2", 9))
time.sleep(1)
talk.sendto(b"you are", 0x800, ("192.0.2.2", 9))
'
until victim ip neigh show 192.0.2.2 | grep -q REACHABLE; do sleep 0.1; done
answer silent DELAY
