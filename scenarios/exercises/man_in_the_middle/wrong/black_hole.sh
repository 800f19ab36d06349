#!/bin/sh
# believes: two lies make a man in the middle
# told: a host that is no router drops
attacker frame 'arp.request("192.0.2.1", sender="192.0.2.3", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:01")'
attacker frame 'arp.request("192.0.2.3", sender="192.0.2.1", lladdr="00:00:5e:00:53:02", to="00:00:5e:00:53:03")'
answer word violet-umbrella
