#!/bin/sh
# believes: a static entry on the victim protects the victim's conversation
# told: An entry decides about one direction
victim ip neigh replace 192.0.2.3 lladdr 00:00:5e:00:53:03 dev eth0 nud permanent
