#!/bin/sh
# The init process of the virtual machine that deploy/test-v4l2.sh starts, from an initramfs with busybox and a few
# modules: makes the host's disk the root, writable in memory, and runs a command there. When it ends, for any reason,
# the machine ends.
set -eu
/bin/busybox --install -s /bin
export PATH=/bin:/usr/sbin:/usr/bin:/sbin

mkdir -p /proc /dev /lower /memory /root
mount -t proc proc /proc
mount -t devtmpfs dev /dev
# Lines as they are written, without carriage returns.
stty -onlcr </dev/console
while read -r module; do
  insmod "/modules/$module"
done </modules/order

mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=524288 disk /lower
mount -t tmpfs -o size=75% memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work overlay /root
mkdir -p /root/proc /root/sys /root/dev
mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t devtmpfs dev /root/dev
mkdir -p /root/dev/shm /root/dev/pts
mount -t tmpfs shm /root/dev/shm
mount -t devpts pts /root/dev/pts
cp /command /memory/upper/

# ICE does not use loopback addresses, so add an interface that leads nowhere.
chroot /root modprobe dummy
ip link set lo up
ip addr add 192.0.2.1/24 dev dummy0
ip link set dummy0 up

echo "started in $(cut -d' ' -f1 /proc/uptime) s"
status=0
chroot /root sh /command </dev/null || status=$?
echo "$status" >/dev/ttyS1
sync
poweroff -f
