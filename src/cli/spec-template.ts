/** The config.json that `tsrunc spec` writes: the one of `runc spec`, with another hostname. */
import { isMapped } from '../config/id-mappings.js';
import type { IdMapping, Mount, Namespace, Spec } from '../config/spec.js';
import { SPEC_VERSION } from './version.js';

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

/**
 * A mount as a user without root can make it. The example for such users has no network namespace, without which the kernel lets
 * them mount no sysfs, so /sys is a bind mount. A mount can have another gid only if that is mapped.
 */
function rootlessMount(mount: Mount, mapped: readonly IdMapping[]): Mount {
  if (mount.destination === '/sys') {
    return { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', ...restricted, 'ro'] };
  }
  const options = mount.options?.filter((option) => {
    const [, id] = /^gid=(\d+)$/.exec(option) ?? [];
    return id === undefined || isMapped(mapped, Number(id));
  });
  return options ? { ...mount, options } : mount;
}

/** The ids of a container that is made without root: the one that becomes root in it, or whole maps. */
export interface RootlessIds {
  readonly uid: number | readonly IdMapping[];
  readonly gid: number | readonly IdMapping[];
}

/** The process of the example. */
export interface ExampleProcess {
  /** The program and its arguments; sh if left out or empty. */
  readonly args?: readonly string[];
  /** Whether it has a terminal: true if left out. */
  readonly terminal?: boolean;
}

const mapOf = (ids: number | readonly IdMapping[]): IdMapping[] =>
  typeof ids === 'number' ? [{ containerID: 0, hostID: ids, size: 1 }] : [...ids];

/**
 * The example configuration.
 * @param cgroupNamespace whether it has a cgroup namespace; runc has one where only cgroup v2 is mounted
 * @param rootless for a container that is made without root
 */
export function exampleSpec(
  cgroupNamespace: boolean,
  rootless?: RootlessIds,
  { args = [], terminal = true }: ExampleProcess = {},
): Spec {
  const types: Namespace['type'][] = ['pid', ...(rootless ? [] : (['network'] as const)), 'ipc', 'uts', 'mount'];
  if (cgroupNamespace) types.push('cgroup');
  if (rootless) types.push('user');
  return {
    ociVersion: SPEC_VERSION,
    process: {
      terminal,
      user: { uid: 0, gid: 0 },
      args: args.length > 0 ? [...args] : ['sh'],
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=xterm'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: 'rootfs', readonly: true },
    hostname: 'tsrunc',
    mounts: rootless ? mounts.map((mount) => rootlessMount(mount, mapOf(rootless.gid))) : [...mounts],
    linux: {
      ...(rootless
        ? { uidMappings: mapOf(rootless.uid), gidMappings: mapOf(rootless.gid) }
        : { resources: { devices: [{ allow: false, access: 'rwm' }] } }),
      namespaces: types.map((type) => ({ type })),
      maskedPaths,
      readonlyPaths,
    },
  };
}
