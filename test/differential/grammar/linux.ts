import type { Device, IdMapping, Linux, Namespace, NamespaceType, TimeOffset } from '../../../src/config/spec.js';
import type { Random } from '../random.js';
import { sharedCgroup, type World } from '../world.js';
import { makeResources } from './resources.js';
import { makeSeccomp } from './seccomp.js';

const types: NamespaceType[] = ['pid', 'network', 'ipc', 'uts', 'cgroup'];

/** A mount namespace is always of its own: without one the container's mounts are the host's. */
export function makeNamespaces(random: Random, { namespaces }: World): Namespace[] {
  const list: Namespace[] = [{ type: 'mount' }];
  for (const type of types) {
    if (!random.chance(0.85)) continue;
    const path = namespaces[type];
    list.push(path !== undefined && random.chance(0.1) ? { type, path } : { type });
  }
  if (random.chance(0.15)) list.push({ type: 'user' });
  if (random.chance(0.15)) list.push({ type: 'time' });
  return random.shuffled(list);
}

export function makeIdMaps(random: Random): Pick<Linux, 'uidMappings' | 'gidMappings'> {
  const map = (): IdMapping[] =>
    random.pick<IdMapping[]>([
      [{ containerID: 0, hostID: 100000, size: 65536 }],
      [{ containerID: 0, hostID: 200000, size: 70000 }],
      [{ containerID: 0, hostID: 0, size: 65536 }],
      [
        { containerID: 0, hostID: 100000, size: 1000 },
        { containerID: 1000, hostID: 300000, size: 64536 },
      ],
      [
        { containerID: 1, hostID: 100001, size: 65535 },
        { containerID: 0, hostID: 0, size: 1 },
      ],
    ]);
  return { uidMappings: map(), gidMappings: map() };
}

function makeDevices(random: Random): Device[] {
  const all: Device[] = [
    { type: 'c', path: '/dev/kmsg', major: 1, minor: 11 },
    { type: 'c', path: '/dev/fuse', major: 10, minor: 229 },
    { type: 'u', path: '/dev/unbuffered', major: 1, minor: 3 },
    { type: 'b', path: '/dev/loop0', major: 7, minor: 0 },
    { type: 'p', path: '/dev/fifo' },
    { type: 'p', path: '/run/deep/fifo' },
    { type: 'c', path: '/data/null', major: 1, minor: 3 },
    { type: 'c', path: '/dev/null', major: 1, minor: 3 },
    { type: 'c', path: '/dev/zero', major: 1, minor: 5 },
    { type: 'c', path: '/dev/inner/random', major: 1, minor: 8 },
    { type: 'c', path: '/link/zero', major: 1, minor: 5 },
  ];
  return random.some(all, 4).map((device) => ({
    ...device,
    ...(random.chance(0.6) && { fileMode: random.pick([0, 0o400, 0o600, 0o660, 0o666, 0o777, 0o1666]) }),
    ...(random.chance(0.4) && { uid: random.pick([0, 1000, 65534]) }),
    ...(random.chance(0.4) && { gid: random.pick([0, 5, 100]) }),
  }));
}

const parameters: Record<string, { namespace: NamespaceType; values: string[] }> = {
  'kernel.msgmax': { namespace: 'ipc', values: ['8192', '65536'] },
  'kernel.sem': { namespace: 'ipc', values: ['250 32000 32 128', '100\t100\t10\t10'] },
  'kernel.shmmax': { namespace: 'ipc', values: ['0', '1048576'] },
  'kernel/shmmni': { namespace: 'ipc', values: ['100'] },
  'kernel.shm_rmid_forced': { namespace: 'ipc', values: ['1'] },
  'fs.mqueue.msg_max': { namespace: 'ipc', values: ['5', '20'] },
  'kernel.domainname': { namespace: 'uts', values: ['by.sysctl'] },
  'net.ipv4.ip_forward': { namespace: 'network', values: ['0', '1'] },
  'net.ipv4.ping_group_range': { namespace: 'network', values: ['0 0', '1 0'] },
  'net.ipv4.ip_unprivileged_port_start': { namespace: 'network', values: ['0', '80'] },
  'net/ipv4/conf/lo/forwarding': { namespace: 'network', values: ['1'] },
  'net.core.somaxconn': { namespace: 'network', values: ['1024'] },
  'user.max_user_namespaces': { namespace: 'user', values: ['5'] },
};

function makeSysctl(random: Random, namespaces: readonly Namespace[]): Record<string, string> {
  const own = new Set(namespaces.map(({ type }) => type));
  const names = random.some(Object.keys(parameters), 4);
  const chosen = names.filter((name) => own.has(parameters[name]!.namespace) || random.chance(0.05));
  const wrong = random.chance(0.03)
    ? random.pick([{ 'net.core.somaxconn': '-1' }, { 'net.ipv4.no_such': '1' }, { 'kernel.panic': '1' }])
    : {};
  return { ...Object.fromEntries(chosen.map((name) => [name, random.pick(parameters[name]!.values)])), ...wrong };
}

const closable = [
  ...[
    '/proc/acpi',
    '/proc/kcore',
    '/proc/keys',
    '/proc/timer_list',
    '/proc/scsi',
    '/sys/firmware',
    '/proc/interrupts',
    '/proc/sys',
  ],
  ...[
    '/proc/bus',
    '/proc/fs',
    '/proc/irq',
    '/proc/sysrq-trigger',
    '/proc/missing',
    '/data',
    '/data/file',
    '/data/sub',
    '/etc/passwd',
  ],
  ...[
    '/tmp',
    '/link',
    '/file-link',
    '/dangling',
    '/dev/null',
    '/dev/shm',
    '/mnt/one',
    '/mnt/two/file',
    '/missing/deep',
    '/proc/self/status',
  ],
  ...['/sys/devices/virtual/powercap', '/data/', '//data//sub', '/home/user', '/proc/meminfo', '/sys/fs/cgroup'],
];

function makeTimeOffsets(random: Random): Record<string, TimeOffset> {
  const offset = (): TimeOffset =>
    random.members(
      { secs: () => random.pick([0, 5, -5, 86400, 1000000000]), nanosecs: () => random.pick([0, 1, 999999999]) },
      0.7,
    );
  return random.members({ monotonic: offset, boottime: offset }, 0.7) as Record<string, TimeOffset>;
}

const cgroupsOf = (id: string): string[] => [
  `/${id}`,
  `/${sharedCgroup}/below/${id}`,
  id,
  `${sharedCgroup}/${id}`,
  `/a/../${id}`,
  '',
];

/** systemd's driver takes SLICE:PREFIX:NAME. */
const unitsOf = (id: string): string[] => [
  `system.slice:tt:${id}`,
  `user.slice:tt:${id}`,
  `tsrunc-differential.slice:tt:${id}`,
  `:tt:${id}`,
  `system.slice::${id}`,
  `:tt:${id}.slice`,
  '',
];

export function makeLinux(random: Random, world: World, options: { density: number; id: string }): Linux {
  const namespaces = makeNamespaces(random, world);
  const has = (type: NamespaceType): boolean => namespaces.some((one) => one.type === type);
  const own = (type: NamespaceType): boolean => namespaces.some((one) => one.type === type && one.path === undefined);
  const resources = () => makeResources(random, world, { density: 0.4, isUpdate: false });
  const optional = random.members<Omit<Required<Linux>, 'namespaces' | 'uidMappings' | 'gidMappings' | 'resources'>>(
    {
      timeOffsets: () => (own('time') || random.chance(0.05) ? makeTimeOffsets(random) : {}),
      devices: () => makeDevices(random),
      netDevices: () => ({}),
      cgroupsPath: () => random.pick(world.isOfSystemd ? unitsOf(options.id) : cgroupsOf(options.id)),
      rootfsPropagation: () =>
        random.pick(['', 'private', 'rprivate', 'slave', 'rslave', 'shared', 'rshared', 'unbindable', 'runbindable']),
      seccomp: () => makeSeccomp(random),
      sysctl: () => makeSysctl(random, namespaces),
      maskedPaths: () => random.someTwice(closable, 8),
      readonlyPaths: () => random.someTwice(closable, 8),
      mountLabel: () => '',
      personality: () => ({ domain: random.pick(['LINUX', 'LINUX32']), ...(random.chance(0.2) && { flags: [] }) }),
      intelRdt: () => ({}),
      memoryPolicy: () => ({ mode: 'MPOL_DEFAULT' }),
    },
    options.density,
  );
  // Neither has an effect that a process could see here: no resctrl, and this runc has no netDevices and no memoryPolicy.
  for (const name of ['netDevices', 'memoryPolicy', 'intelRdt'] as const)
    if (!random.chance(0.05)) delete optional[name];
  if (!own('time') && !random.chance(0.03)) delete optional.timeOffsets;
  return {
    namespaces,
    ...(has('user') && makeIdMaps(random)),
    ...(random.chance(0.85) && { resources: resources() }),
    ...optional,
  };
}
