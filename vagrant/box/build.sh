#!/usr/bin/env bash
# Make a Vagrant box for libvirt out of Debian's packages alone: no download of a box, no boot loader, no hardware help.
#
#   build.sh BOX [SUITE]    as root; SUITE is a Debian suite (bookworm)
#
# The VM is emulated by qemu and starts the kernel from outside of its disk, so it boots wherever qemu runs.
set -euo pipefail
box=$(realpath -m "$1")
suite=${2-bookworm}

packages=(
    "linux-image-$(dpkg --print-architecture)" systemd-sysv udev dbus kmod procps ifupdown isc-dhcp-client openssh-server
    sudo rsync git ca-certificates python3 python3-venv iproute2 iputils-ping iputils-arping tcpdump nftables arptables arpwatch ipvsadm
)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
keys=$(find / -xdev -path '*/vagrant-[0-9]*/keys/vagrant.pub' 2>/dev/null | head -n 1)
[[ $keys ]] || { echo "build.sh: vagrant is not installed: its public key is not here" >&2; exit 3; }

mmdebstrap --variant=minbase --quiet --include="$(IFS=,; echo "${packages[*]}")" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
    --essential-hook='printf "MODULES=list\nCOMPRESS=zstd\n" >"$1/etc/initramfs-tools/conf.d/neighlab"' \
    --essential-hook='printf "virtio_pci\nvirtio_blk\next4\n" >"$1/etc/initramfs-tools/modules"' \
    "$suite" "$root"

chroot "$root" useradd --create-home --shell /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
install -d -m 700 "$root/home/vagrant/.ssh"
install -m 600 "$keys" "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant: /home/vagrant/.ssh
echo neighlab >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 neighlab\n' >"$root/etc/hosts"
printf '/dev/vda / ext4 errors=remount-ro 0 1\n' >"$root/etc/fstab"
printf 'auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet dhcp\n' >"$root/etc/network/interfaces"
# arpwatch is a scenario's subject, not this machine's guard
chroot "$root" systemctl mask arpwatch.service apt-daily.timer apt-daily-upgrade.timer >/dev/null 2>&1
printf 'UseDNS no\n' >"$root/etc/ssh/sshd_config.d/neighlab.conf"

cp "$root"/boot/vmlinuz-* "$work/vmlinuz"
cp "$root"/boot/initrd.img-* "$work/initrd"
rm -rf "$root"/boot/* "$root"/var/cache/apt/archives/*.deb
truncate -s 4G "$work/disk"
mke2fs -q -t ext4 -d "$root" "$work/disk"
qemu-img convert -O qcow2 "$work/disk" "$work/box.img"

cat >"$work/metadata.json" <<JSON
{"provider": "libvirt", "format": "qcow2", "virtual_size": 4}
JSON
cat >"$work/Vagrantfile" <<'RUBY'
Vagrant.configure("2") do |config|
  config.vm.provider "libvirt" do |libvirt|
    libvirt.driver = "qemu"
    libvirt.cpu_mode = "custom"
    libvirt.cpu_model = "qemu64"
    libvirt.kernel = File.join(__dir__, "vmlinuz")
    libvirt.initrd = File.join(__dir__, "initrd")
    libvirt.cmd_line = "root=/dev/vda rw net.ifnames=0 console=ttyS0 quiet"
    libvirt.graphics_type = "none"
    libvirt.video_type = "none"
    libvirt.management_network_mode = "none"
  end
end
RUBY
tar -C "$work" -cf "$box" metadata.json Vagrantfile vmlinuz initrd box.img
