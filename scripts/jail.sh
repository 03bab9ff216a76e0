#!/bin/sh
# Runs a command where what it does to /dev, to processes and to mounts is undone with it, with one version of cgroups. To be run in namespaces of its own:
# unshare --mount --pid --fork --kill-child --ipc --uts --net --propagation private.
set -eu
mount -t proc proc /proc
dev=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$dev"
while read -r name major minor; do mknod -m 666 "$dev/$name" c "$major" "$minor"; done << END
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
END
mkdir "$dev/pts" "$dev/shm" "$dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$dev/shm"
ln -s pts/ptmx "$dev/ptmx"
ln -s /proc/self/fd "$dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${stream%:*}" "$dev/${stream#*:}"; done
mount --move "$dev" /dev
rmdir "$dev"
# crun refuses a v2 hierarchy beside those of v1.
if grep -q '^[0-9]*:[a-z,]*[a-z]:' /proc/self/cgroup; then
  umount -l /sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    [ -n "$controllers" ] || continue
    mkdir "/sys/fs/cgroup/${controllers#name=}"
    mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/${controllers#name=}"
  done < /proc/self/cgroup
fi
ip link set lo up 2> /dev/null || true
# It ends as process 1 of its pid namespace: with it goes whatever an attack has left running.
"$@"
