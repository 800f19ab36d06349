#!/usr/bin/env bash
# Make a Debian or Ubuntu machine ready for the catalogue. May be interrupted at any moment, and run again at any time.
#
#   provision.sh CHECKOUT USER    as root
#
# Without a network it goes on with what is there: CHECKOUT/vagrant/wheels takes the place of the package index.
set -euo pipefail

checkout=$1
user=$2
export DEBIAN_FRONTEND=noninteractive

if [[ $(dpkg --audit) ]]; then # an interrupted run has left packages half unpacked, or not configured
    dpkg --configure -a || true
    apt-get -qq update || true
    apt-get -qq -y --fix-broken install >/dev/null || true
    # a package whose files were being replaced is not configured before it is unpacked again
    mapfile -t torn < <(dpkg-query -W -f '${db:Status-Eflag} ${binary:Package}\n' | sed -n 's/^reinstreq //p')
    ((${#torn[@]} == 0)) || apt-get -qq -y --reinstall --no-install-recommends install "${torn[@]}" >/dev/null
    apt-get -qq -y --fix-broken install >/dev/null
fi

# command:package - the command tells whether the package is missing
tools=(
    ip:iproute2
    ping:iputils-ping
    arping:iputils-arping
    tcpdump:tcpdump
    nft:nftables
    arptables:arptables
    arpwatch:arpwatch
    ipvsadm:ipvsadm
)
missing=()
for tool in "${tools[@]}"; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]})); then
    if apt-get -qq update && apt-get -qq -y install --no-install-recommends "${missing[@]}" >/dev/null; then
        echo "provision: installed ${missing[*]}"
    else
        echo "provision: cannot install ${missing[*]}: what needs them will be skipped" >&2
    fi
fi

# The scenarios' own daemons are started by the scenarios, in labs.
systemctl disable --now arpwatch.service >/dev/null 2>&1 || true

if [[ -d $checkout/vagrant/wheels ]]; then
    printf '[global]\nno-index = true\nfind-links = %s\n' "$checkout/vagrant/wheels" >/etc/pip.conf.new
    mv /etc/pip.conf.new /etc/pip.conf
elif [[ -f /etc/pip.conf ]] && grep -q "find-links = $checkout/" /etc/pip.conf; then
    rm /etc/pip.conf
fi

# A sandbox cannot load modules; what they bring is there when a case asks for it.
mkdir -p /etc/modules-load.d
printf '%s\n' 8021q arp_tables arptable_filter bonding br_netfilter bridge dummy ebtable_filter ifb ip_vs ip_vs_rr ipvlan \
    macvlan nf_tables nft_compat openvswitch sch_netem tun veth vrf vxlan >/etc/modules-load.d/neighlab.conf.new
mv /etc/modules-load.d/neighlab.conf.new /etc/modules-load.d/neighlab.conf
while read -r module; do modprobe -q "$module" 2>/dev/null || true; done </etc/modules-load.d/neighlab.conf

chown -R "$user:" "$checkout"
runuser -u "$user" -- "$checkout/lab" --version
