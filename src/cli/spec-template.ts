import type { IdMapping, Mount, Namespace, Spec } from '../config/spec.js';
import { SPEC_VERSION } from './version.js';

/** The config.json that `spec` writes: what `runc spec` writes, with another hostname. */

const capabilities = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];
const restricted = ['nosuid', 'noexec', 'nodev'];

const mounts: readonly Mount[] = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...restricted, 'mode=1777', 'size=65536k'] },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: restricted },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...restricted, 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: [...restricted, 'relatime', 'ro'] },
];

const maskedPaths = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/sys/firmware',
  '/proc/scsi',
];

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Whoever is not root has no sysfs of its own without a network namespace of its own, and no gid but its own. */
function rootlessMount(mount: Mount): Mount {
  if (mount.destination === '/sys') {
    return { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', ...restricted, 'ro'] };
  }
  const options = mount.options?.filter((option) => !/^[ug]id=/.test(option));
  return options ? { ...mount, options } : mount;
}

/**
 * The example configuration.
 * @param cgroupNamespace whether to have a cgroup namespace: where only cgroup v2 is mounted.
 * @param rootless the ids to map to root of a user namespace, or undefined for a container that root makes.
 */
export function exampleSpec(cgroupNamespace: boolean, rootless?: { uid: number; gid: number }): Spec {
  const types: Namespace['type'][] = ['pid', ...(rootless ? [] : (['network'] as const)), 'ipc', 'uts', 'mount'];
  if (cgroupNamespace) types.push('cgroup');
  if (rootless) types.push('user');
  const map = (hostID: number): IdMapping[] => [{ containerID: 0, hostID, size: 1 }];
  return {
    ociVersion: SPEC_VERSION,
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'tsrunc',
    mounts: rootless ? mounts.map(rootlessMount) : [...mounts],
    linux: {
      ...(rootless
        ? { uidMappings: map(rootless.uid), gidMappings: map(rootless.gid) }
        : { resources: { devices: [{ allow: false, access: 'rwm' }] } }),
      namespaces: types.map((type) => ({ type })),
      maskedPaths,
      readonlyPaths,
    },
  };
}
