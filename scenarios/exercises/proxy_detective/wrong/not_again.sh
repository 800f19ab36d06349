#!/bin/sh
# believes: when the cause is gone, the address comes back by itself
# told: stays so until it is added again
answer machine h5
h5 ip -6 neigh del proxy 2001:db8::77 dev eth0
