# Leaves something behind that does the work as soon as nobody looks any more.
setsid nohup sh -c 'while kill -0 "$1"; do sleep 0.1; done; sleep 1; server sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2' sh $$ >/dev/null 2>&1 &
(setsid sleep 3600 &)
(trap "" TERM HUP INT; sleep 3600) &
