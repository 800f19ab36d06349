#!/bin/sh
# believes: the client notices by itself
# told: nobody has told it
standby ip addr add 192.0.2.100/24 dev eth0
active ip addr del 192.0.2.100/24 dev eth0
