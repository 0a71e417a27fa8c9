#!/bin/sh
# Boots systemd in namespaces of its own: a copy-on-write root over this machine's, without its network, its other
# processes and its Node. Everything that it changes is in memory and vanishes with it. Run as root by machine.ts:
#   unshare --mount --propagation private boot-machine.sh SCRATCH MOUNTED_DIRECTORY CGROUP
set -eu
scratch=$1
mounted=$2
cgroup=$3

# A control group of its own, so that its services and this machine's do not mix.
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/cgroup" "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t cgroup2 cgroup2 "$scratch/cgroup"
mkdir -p "$scratch/cgroup/$cgroup"
echo $$ >"$scratch/cgroup/$cgroup/cgroup.procs"
umount "$scratch/cgroup"

root=$scratch/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
# shellcheck disable=SC2016 # the inner shell expands them
exec unshare --pid --fork --uts --ipc --net --cgroup --mount --propagation private --kill-child sh -euc '
  root=$1 mounted=$2
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys" -o ro
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount --rbind /dev "$root/dev"
  # systemd removes what the user of a stopped service has in it, and another machine here has users of the same numbers.
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t tmpfs tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  mkdir -p "$root/mnt/release"
  mount --bind "$mounted" "$root/mnt/release"
  # A release brings its own Node.
  rm -f "$root/usr/bin/node" "$root/usr/bin/npm" "$root/usr/local/bin/node" "$root/usr/local/bin/npm"
  # As on a machine on which Holdfast never ran.
  rm -rf "$root/opt/holdfast" "$root/etc/holdfast" "$root/var/lib/holdfast" "$root/var/backups/holdfast"
  # Only what Holdfast asks for runs, not the services of this machine, nor the sockets and timers of basic.target.
  rm -f "$root"/etc/systemd/system/sockets.target.wants/* "$root"/etc/systemd/system/timers.target.wants/*
  printf "[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n" >"$root/etc/systemd/system/test.target"
  hostname test-machine
  mkdir -p "$root/mnt/before"
  cd "$root"
  pivot_root . mnt/before
  umount -l /mnt/before
  exec env -i container=namespaces PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=test.target
' sh "$root" "$mounted"
