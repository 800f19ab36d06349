#!/bin/sh
# believes: the interface's queue is too short, and drops what comes last
# told: gone before it has come to the interface
victim ip link set eth0 txqueuelen 10000
answer lost last
answer state FAILED
