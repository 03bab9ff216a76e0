// What the test machine is made of. A change of anything here makes a new image.

/** The newest engines that Debian has. */
export const suite = 'sid';

export const packages = [
  // A machine with systemd that takes commands.
  ...['systemd', 'systemd-sysv', 'udev', 'kmod', 'dbus', 'dbus-user-session', 'libpam-systemd', 'openssh-server'],
  ...['passwd', 'mount', 'procps', 'psmisc', 'iproute2', 'nftables', 'iptables', 'ca-certificates', 'busybox-static'],
  // What the cases are run with, and what one looks with when one has failed.
  ...['nodejs', 'python3', 'strace', 'libcap2-bin'],
  // The engines, and the runtime that is the control.
  ...['containerd', 'docker.io', 'docker-cli', 'docker-buildx', 'tini', 'podman', 'buildah', 'runc', 'crun', 'criu'],
  ...['catatonit', 'netavark', 'aardvark-dns', 'passt', 'uidmap', 'containernetworking-plugins', 'apparmor'],
];

/** The kernel for clouds: small, with the drivers of a virtual machine, and everything that containers ask for. */
export const kernelPackage = 'linux-image-cloud-amd64';

/** A second root file system for containers: what a Debian image has, made of its packages. */
export const debianRoot = {
  suite: 'trixie',
  packages: ['base-files', 'bash', 'dash', 'coreutils', 'libc-bin', 'procps', 'util-linux', 'libcap2-bin'],
  complete: 'usr/bin/bash',
};

/** What systemd starts at boot; everything else that its targets want is left out: under emulation each unit costs. */
export const wantedUnits = [
  /^systemd-journald(-dev-log)?\.(socket|service)$/,
  /^systemd-udevd(-control|-kernel)?\.(socket|service)$/,
  /^systemd-udev-trigger\.service$/,
  /^systemd-tmpfiles-setup(-dev|-dev-early)?\.service$/,
  /^systemd-sysctl\.service$/,
  /^kmod-static-nodes\.service$/,
  /^dev-hugepages\.mount$/,
  /^dbus\.(socket|service)$/,
  /^apparmor\.service$/,
  /^ssh\.service$/,
];

/** The AppArmor profiles that bear on containers; the compiler takes a third of a second for each of the others. */
export const wantedProfiles =
  /^(runc|crun|buildah|podman|rootlesskit|unprivileged_userns|usr\.bin\.pas(st|ta)|abi|abstractions|tunables|local|disable|force-complain)$/;

/** Modules that the first file system in memory needs to reach the disk and the network card. */
export const bootModules = ['virtio_pci', 'virtio_blk', 'virtio_net', 'ext4'];

/**
 * For the kernel: no work that an emulated machine of one user can do without; huge pages for the hugetlb controller;
 * AppArmor as the module that labels processes.
 */
export const kernelCommandLine = [
  ...['console=ttyS0', 'quiet', 'loglevel=3', 'panic=-1', 'net.ifnames=0', 'audit=0', 'mitigations=off', 'nokaslr'],
  ...['tsc=reliable', 'clocksource=tsc', 'no_timer_check', 'nowatchdog', 'init_on_alloc=0', 'cryptomgr.notests'],
  ...['raid=noautodetect', 'rcupdate.rcu_expedited=1', 'random.trust_cpu=on', 'hugepages=8'],
  ...['lsm=landlock,yama,apparmor,bpf', 'systemd.show_status=no', 'systemd.log_level=warning'],
].join(' ');

/** The size the disk can grow to; the file takes what is used. */
export const diskSize = '12G';
