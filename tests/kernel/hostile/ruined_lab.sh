# Leaves a lab in which nothing can be asked any more.
server ip link set eth0 name gone0
server ip link del eth1
server ip addr flush dev gone0
server ip link set lo down
server nft -f - <<'RULES'
table inet t {
chain i {
type filter hook input priority 0; policy drop;
}
}
RULES
mkfifo /run/neighlab/answers/pipe
ln -s /etc/passwd /run/neighlab/answers/link
mkdir /run/neighlab/answers/folder
head -c 100000 /dev/zero > /run/neighlab/answers/long
answer name "$(printf '\033[2J=1+1')"
