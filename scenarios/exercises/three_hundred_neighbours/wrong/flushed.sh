#!/bin/sh
# believes: a table that has been emptied stays empty enough
# told: the kernel's table is full
answer error ENOBUFS
h1 ip neigh flush all
