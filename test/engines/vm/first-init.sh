#!/bin/busybox sh
# The first process: loads the drivers, mounts the disk, gives the network card its address, hands over to systemd.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done < /modules/order
for try in $(seq 200); do
  [ -b /dev/vda ] && break
  sleep 0.05
done
mount -t ext4 -o noatime,noinit_itable,nobarrier /dev/vda /disk || {
  echo the-machine-has-failed: no disk
  poweroff -f
}
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
for directory in dev proc sys; do mount --move /$directory /disk/$directory; done
exec switch_root /disk /sbin/init
