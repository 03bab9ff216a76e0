import type { Spec } from '../../src/config/spec.js';

type Full = Required<Pick<Spec, 'root' | 'process' | 'mounts' | 'linux'>> & Spec;

/** A config a test may change at will: the parts every test touches are there. */
export type TestConfig = Full & {
  process: Required<Pick<NonNullable<Spec['process']>, 'args' | 'env' | 'user' | 'capabilities'>> &
    NonNullable<Spec['process']>;
  linux: Required<Pick<NonNullable<Spec['linux']>, 'namespaces' | 'resources'>> & NonNullable<Spec['linux']>;
};

/** The config most tests start from: what `spec` prints, without a terminal, root writable. */
export function baseConfig(): TestConfig {
  const caps = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];
  return {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: false },
    hostname: 'box',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: ['true'],
      env: ['PATH=/bin:/usr/bin', 'HOME=/root'],
      cwd: '/',
      capabilities: { bounding: [...caps], effective: [...caps], permitted: [...caps] },
      rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    mounts: [
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
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620'],
      },
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'shm',
        options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
      },
      { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ],
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      namespaces: [{ type: 'pid' }, { type: 'network' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }],
      maskedPaths: ['/proc/kcore', '/proc/keys', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

/** Adds a user namespace in which the container's 0..65535 are the host's 100000... */
export function withUserNamespace(config: TestConfig, hostID = 100000, size = 65536): void {
  config.linux.namespaces.push({ type: 'user' });
  config.linux.uidMappings = [{ containerID: 0, hostID, size }];
  config.linux.gidMappings = [{ containerID: 0, hostID, size }];
}

/** Leaves out the namespace of that type. */
export function withoutNamespace(config: TestConfig, type: string): void {
  config.linux.namespaces = config.linux.namespaces.filter((one) => one.type !== type);
}
