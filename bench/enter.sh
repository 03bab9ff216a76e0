#!/bin/sh
# Runs a command in a root of its own, for the time of the command: the peers' /usr, the host's /dev, and of the cgroup
# hierarchies only one version. To be run in a private mount namespace: unshare --mount --propagation private.
# usage: [READ_ONLY=yes] enter.sh TREE DIRECTORY v1|v2 COMMAND [ARG...]
#   TREE    the tree of Debian packages with the peers; its /usr and /etc are shown
#   DIRECTORY  shown as /bench, its bin read-only where READ_ONLY isn't empty
set -eu
tree=$1 directory=$2 version=$3
shift 3
root=$directory/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 tmpfs "$root"
cd "$root"
mkdir usr etc proc sys dev run tmp bench old
for name in bin sbin lib lib64; do
  if [ -e "$tree/usr/$name" ]; then ln -s "usr/$name" "$name"; fi
done
mount --bind -o ro "$tree/usr" usr
mount --bind -o ro "$tree/etc" etc
mount --rbind /dev dev
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --bind "$directory" bench
mount --bind "$directory/bin" bench/bin
if [ -n "$READ_ONLY" ]; then mount -o remount,bind,ro bench/bin; fi
if [ "$version" = v1 ]; then
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    [ -n "$controllers" ] || continue
    mkdir "sys/fs/cgroup/${controllers#name=}"
    mount -t cgroup -o "$controllers" cgroup "sys/fs/cgroup/${controllers#name=}"
  done </proc/self/cgroup
else
  mount -t cgroup2 cgroup2 sys/fs/cgroup
fi
pivot_root . old
exec /usr/bin/busybox sh -c '/usr/bin/busybox umount -l /old; cd /; exec "$@"' sh "$@"
