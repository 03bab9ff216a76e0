import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestConfig, withoutNamespace, withUserNamespace } from './config.js';

/**
 * What is foretold. refused: there is an error of the plan itself, which is told instead. either: it depends on the machine, and has
 * to be right all the same.
 */
export type Expected = 'works' | 'fails' | 'refused' | 'unknown' | 'either';

/** One bundle, and what is foretold of it. */
export interface ForecastCase {
  readonly name: string;
  readonly expected: Expected;
  /** Changes the configuration, and the bundle in the directory. */
  change(config: TestConfig, bundle: string): void;
  /** The field that is to blame. */
  readonly pointer?: string;
  /** Why it can't be tried on this machine; '' if it can. */
  skip?(): string;
}

type Change = ForecastCase['change'];

const works = (name: string, change: Change): ForecastCase => ({ name, expected: 'works', change });
const fails = (name: string, pointer: string, change: Change): ForecastCase => ({
  name,
  expected: 'fails',
  change,
  pointer,
});
const refused = (name: string, pointer: string, change: Change): ForecastCase => ({
  name,
  expected: 'refused',
  change,
  pointer,
});
const either = (name: string, pointer: string, change: Change): ForecastCase => ({
  name,
  expected: 'either',
  change,
  pointer,
});
const unknown = (name: string, change: Change): ForecastCase => ({ name, expected: 'unknown', change });

/** A file of the root file system. */
function file(bundle: string, path: string, text: string | Buffer, mode = 0o755): void {
  const place = join(bundle, 'rootfs', path);
  rmSync(place, { force: true });
  writeFileSync(place, text);
  chmodSync(place, mode);
}

const run = (config: TestConfig, ...args: string[]): void => {
  config.process.args = args;
};

const mount = (config: TestConfig, destination: string, type: string, source: string, ...options: string[]): void => {
  config.mounts.push({ destination, type, source, options });
};

const busyboxOf = (bundle: string): Buffer => readFileSync(join(bundle, 'rootfs/bin/busybox'));

/** The busybox of the bundle as an executable of another machine: e_machine is at offset 18 (elf(5)). */
function foreign(bundle: string): Buffer {
  const bytes = Buffer.from(busyboxOf(bundle));
  bytes.writeUInt16LE(bytes.readUInt16LE(18) === 243 ? 62 : 243, 18);
  return bytes;
}

const dynamic = (): Buffer => readFileSync('/usr/bin/env');

const seccomp = (action: string, ...syscalls: { names: string[]; action: string }[]) => ({
  defaultAction: action,
  architectures: [],
  syscalls,
});

const hasNot = (path: string, what: string) => (): string =>
  spawnSync('test', ['-e', path]).status === 0 ? `this machine has ${what}` : '';

const needs = (path: string, what: string) => (): string =>
  spawnSync('test', ['-e', path]).status === 0 ? '' : `this machine has no ${what}`;

/** What depends neither on rights nor on user namespaces; `below` is a directory that only root may enter. */
export const anyonesCases: readonly ForecastCase[] = [
  works('as it is', () => {}),
  works('without any mount point', (_, bundle) => {
    for (const name of readdirSync(join(bundle, 'rootfs')))
      if (name !== 'bin') rmSync(join(bundle, 'rootfs', name), { recursive: true });
  }),
  works('a read-only root', (config) => {
    config.root.readonly = true;
  }),
  works('a read-only root, a working directory that is made', (config) => {
    config.root.readonly = true;
    config.process.cwd = '/made/here';
  }),
  works('another hostname', (config) => {
    config.hostname = 'other';
  }),
  works('a directory bound at a new place', (config, bundle) => mount(config, '/new/place', 'bind', bundle, 'bind')),
  works('a file bound at a new place', (config, bundle) =>
    mount(config, '/etc/config.json', 'bind', join(bundle, 'config.json'), 'bind', 'ro'),
  ),
  works('a file over a file', (config, bundle) =>
    mount(config, '/etc/passwd', 'bind', join(bundle, 'config.json'), 'bind', 'ro'),
  ),
  works('a tmpfs at a new place', (config) => mount(config, '/a/b/c', 'tmpfs', 'tmpfs', 'size=1m')),
  works('a tmpfs, and a directory in it', (config, bundle) => {
    mount(config, '/a', 'tmpfs', 'tmpfs');
    mount(config, '/a/b', 'bind', bundle, 'bind');
  }),
  works('a directory made in a bound one', (config, bundle) => {
    mkdirSync(join(bundle, 'source'));
    chmodSync(join(bundle, 'source'), 0o777);
    mount(config, '/mnt', 'bind', join(bundle, 'source'), 'bind');
    mount(config, '/mnt/inner', 'tmpfs', 'tmpfs');
  }),
  works('a script', (config, bundle) => {
    file(bundle, 'bin/script', '#!/bin/sh\nexit 0\n');
    run(config, '/bin/script');
  }),
  works('a script of a script', (config, bundle) => {
    file(bundle, 'bin/inner', '#!/bin/sh\nexit 0\n');
    file(bundle, 'bin/script', '#! /bin/inner -x\n');
    run(config, 'script');
  }),
  works('a program behind symlinks', (config, bundle) => {
    symlinkSync('/absolute', join(bundle, 'rootfs/usr/programs'));
    symlinkSync('bin', join(bundle, 'rootfs/absolute'));
    run(config, '/usr/programs/true');
  }),
  works('a relative program', (config) => {
    config.process.cwd = '/bin';
    run(config, './true');
  }),
  works('a limit of files', (config) => {
    config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 64, hard: 64 }];
  }),
  works('a umask', (config) => {
    config.process.user.umask = 0o77;
  }),
  works('an idle scheduler', (config) => {
    config.process.scheduler = { policy: 'SCHED_IDLE' };
  }),
  works('best effort I/O', (config) => {
    config.process.ioPriority = { class: 'IOPRIO_CLASS_BE', priority: 7 };
  }),
  works('a personality', (config) => {
    config.linux.personality = { domain: 'LINUX' };
  }),
  works('a filter that allows', (config) => {
    config.linux.seccomp = seccomp('SCMP_ACT_ALLOW', { names: ['mount'], action: 'SCMP_ACT_ERRNO' });
  }),
  works('a loopback parameter', (config) => {
    config.linux.sysctl = { 'net.ipv4.ip_default_ttl': '70' };
  }),
  works('a parameter of ipc', (config) => {
    config.linux.sysctl = { 'kernel.msgmax': '10000' };
  }),
  works('more oom score', (config) => {
    config.process.oomScoreAdj = 500;
  }),
  works('a private root', (config) => {
    config.linux.rootfsPropagation = 'private';
  }),
  works('tmpcopyup', (config) => mount(config, '/etc', 'tmpfs', 'tmpfs', 'tmpcopyup')),
  works('a masked directory', (config) => {
    config.linux.maskedPaths = ['/etc', '/proc/kcore', '/nowhere'];
  }),

  fails('no program', '/process/args', (config) => run(config, 'nothing-of-the-sort')),
  fails('no program at the path', '/process/args', (config) => run(config, '/bin/nothing')),
  fails('a program that is not executable', '/process/args', (config, bundle) => {
    file(bundle, 'bin/plain', busyboxOf(bundle), 0o644);
    run(config, '/bin/plain');
  }),
  fails('a directory as program', '/process/args', (config) => run(config, '/etc')),
  fails('an interpreter that is missing', '/process/args', (config, bundle) => {
    file(bundle, 'bin/script', '#!/usr/bin/python9\n');
    run(config, '/bin/script');
  }),
  fails('an interpreter that is not executable', '/process/args', (config, bundle) => {
    file(bundle, 'bin/plain', busyboxOf(bundle), 0o644);
    file(bundle, 'bin/script', '#!/bin/plain\n');
    run(config, '/bin/script');
  }),
  fails('no dynamic linker', '/process/args', (config, bundle) => {
    file(bundle, 'bin/env', dynamic());
    run(config, '/bin/env');
  }),
  fails('no format at all', '/process/args', (config, bundle) => {
    file(bundle, 'bin/text', 'echo hello\n');
    run(config, '/bin/text');
  }),
  fails('an empty program', '/process/args', (config, bundle) => {
    file(bundle, 'bin/empty', '');
    run(config, '/bin/empty');
  }),
  {
    ...fails("another machine's program", '/process/args', (config, bundle) => {
      file(bundle, 'bin/foreign', foreign(bundle));
      run(config, '/bin/foreign');
    }),
    skip: hasNot('/proc/sys/fs/binfmt_misc/status', 'binfmt_misc'),
  },
  fails('a program on a mount that executes nothing', '/process/args', (config, bundle) => {
    mkdirSync(join(bundle, 'source'));
    cpSync(join(bundle, 'rootfs/bin/busybox'), join(bundle, 'source/true'));
    mount(config, '/mnt', 'bind', join(bundle, 'source'), 'bind', 'noexec');
    run(config, '/mnt/true');
  }),
  fails('a working directory that is a file', '/process/cwd', (config) => {
    config.process.cwd = '/etc/passwd';
  }),
  fails('a source that is missing', '/mounts/6/source', (config) =>
    mount(config, '/mnt', 'bind', '/no/such/source', 'bind'),
  ),
  fails('a source that is missing, at a new place', '/mounts/6/source', (config) =>
    mount(config, '/new', 'bind', '/no/such/source', 'bind'),
  ),
  fails('a file system that no kernel has', '/mounts/6', (config) => mount(config, '/mnt', 'nosuchfs', 'none')),
  fails('a size that is none', '/mounts/6', (config) => mount(config, '/mnt', 'tmpfs', 'tmpfs', 'size=much')),
  fails('a size that is none, at a new place', '/mounts/6', (config) =>
    mount(config, '/new', 'tmpfs', 'tmpfs', 'size=much'),
  ),
  fails('an option that no tmpfs has', '/mounts/6', (config) => mount(config, '/mnt', 'tmpfs', 'tmpfs', 'colour=blue')),
  fails('a directory over a file', '/mounts/6', (config, bundle) =>
    mount(config, '/etc/passwd', 'bind', bundle, 'bind'),
  ),
  fails('a file over a directory', '/mounts/6', (config, bundle) =>
    mount(config, '/etc', 'bind', join(bundle, 'config.json'), 'bind'),
  ),
  fails('a target below a file', '/mounts/6', (config) => mount(config, '/etc/passwd/below', 'tmpfs', 'tmpfs')),
  fails('a target missing in what is bound read-only', '/mounts/7', (config, bundle) => {
    mkdirSync(join(bundle, 'source'));
    mount(config, '/mnt', 'bind', join(bundle, 'source'), 'bind', 'ro');
    mount(config, '/mnt/inner', 'tmpfs', 'tmpfs');
  }),
  fails('a /proc that is a symlink', '/mounts/0', (_, bundle) => {
    rmSync(join(bundle, 'rootfs/proc'), { recursive: true });
    symlinkSync('tmp', join(bundle, 'rootfs/proc'));
  }),
  fails('a parameter that does not exist', '/linux/sysctl/net.ipv4.nothing', (config) => {
    config.linux.sysctl = { 'net.ipv4.nothing': '1' };
  }),
  fails('a value that is none', '/linux/sysctl/net.ipv4.ip_default_ttl', (config) => {
    config.linux.sysctl = { 'net.ipv4.ip_default_ttl': 'many' };
  }),
  fails('a filter without execve', '/linux/seccomp', (config) => {
    config.linux.seccomp = seccomp('SCMP_ACT_ALLOW', { names: ['execve'], action: 'SCMP_ACT_ERRNO' });
  }),
  fails('a system call that is none', '/linux/seccomp/syscalls/0/names/0', (config) => {
    config.linux.seccomp = seccomp('SCMP_ACT_ALLOW', { names: ['Mount'], action: 'SCMP_ACT_ERRNO' });
  }),
  fails('a memory policy of nodes that are missing', '/linux/memoryPolicy', (config) => {
    config.linux.memoryPolicy = { mode: 'MPOL_BIND', nodes: '900' };
  }),
  fails('a namespace that is missing', '/linux/namespaces/2/path', (config) => {
    config.linux.namespaces[2] = { type: 'ipc', path: '/no/such/namespace' };
  }),
  fails('a namespace of another type', '/linux/namespaces/2/path', (config) => {
    config.linux.namespaces[2] = { type: 'ipc', path: '/proc/self/ns/uts' };
  }),
  fails('a file that is no namespace', '/linux/namespaces/2/path', (config) => {
    config.linux.namespaces[2] = { type: 'ipc', path: '/etc/passwd' };
  }),
  fails('a hook that is missing', '/hooks/createRuntime/0', (config) => {
    config.hooks = { createRuntime: [{ path: '/no/such/hook' }] };
  }),
  fails('a hook that is not executable', '/hooks/createContainer/0', (config) => {
    config.hooks = { createContainer: [{ path: '/etc/passwd' }] };
  }),
  fails('a hook that is missing in the container', '/hooks/startContainer/0', (config) => {
    config.hooks = { startContainer: [{ path: '/no/such/hook' }] };
  }),
  unknown('a hook', (config) => {
    config.hooks = { createRuntime: [{ path: '/bin/true' }] };
  }),
  unknown('a hook in the container', (config) => {
    config.hooks = { startContainer: [{ path: '/bin/true', args: ['true'] }] };
  }),
  {
    ...refused('a profile of AppArmor where there is none', '/process/apparmorProfile', (config) => {
      config.process.apparmorProfile = 'no-such-profile';
    }),
    skip: hasNot('/sys/kernel/security/apparmor', 'AppArmor'),
  },
  {
    ...fails('a profile of AppArmor that is not loaded', '/process/apparmorProfile', (config) => {
      config.process.apparmorProfile = 'no-such-profile';
    }),
    skip: needs('/sys/kernel/security/apparmor', 'AppArmor'),
  },
  {
    ...refused('a label of SELinux where there is none', '/process/selinuxLabel', (config) => {
      config.process.selinuxLabel = 'system_u:system_r:container_t:s0';
    }),
    skip: hasNot('/sys/fs/selinux/enforce', 'SELinux'),
  },
  refused('no root file system', '/root/path', (config) => {
    config.root.path = 'nowhere';
  }),
  refused('a file as root file system', '/root/path', (config) => {
    config.root.path = 'config.json';
  }),
];

/** What root's rights are for. */
export const rootCases: readonly ForecastCase[] = [
  works('another user', (config) => {
    config.process.user = { uid: 1000, gid: 1000, additionalGids: [20] };
  }),
  works('a user namespace', (config) => withUserNamespace(config)),
  works('a user namespace without any mount point', (config, bundle) => {
    withUserNamespace(config);
    for (const name of readdirSync(join(bundle, 'rootfs')))
      if (name !== 'bin') rmSync(join(bundle, 'rootfs', name), { recursive: true });
    chmodSync(join(bundle, 'rootfs'), 0o777);
  }),
  works('limits', (config) => {
    config.linux.resources.pids = { limit: 50 };
    config.linux.resources.memory = { limit: 64 << 20 };
    config.linux.resources.cpu = { shares: 512, quota: 50000, period: 100000 };
  }),
  works('a device', (config) => {
    config.linux.devices = [{ path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o666 }];
  }),
  works('the cgroups', (config) => mount(config, '/sys/fs/cgroup', 'cgroup', 'cgroup', 'ro')),
  works('the cgroups, in a namespace', (config) => {
    config.linux.namespaces.push({ type: 'cgroup' });
    mount(config, '/sys/fs/cgroup', 'cgroup', 'cgroup', 'ro');
  }),
  works('no namespaces but that of mounts', (config) => {
    config.linux.namespaces = [{ type: 'mount' }];
    delete config.hostname;
  }),
  works('no mount namespace', (config) => {
    withoutNamespace(config, 'mount');
    config.mounts = [];
    delete config.linux.maskedPaths;
    delete config.linux.readonlyPaths;
  }),
  works('a time namespace', (config) => {
    config.linux.namespaces.push({ type: 'time' });
    config.linux.timeOffsets = { boottime: { secs: 1000 } };
  }),
  works('an idmapped mount', (config, bundle) => {
    const map = [{ containerID: 0, hostID: 100000, size: 65536 }];
    config.mounts.push({
      destination: '/mnt',
      type: 'bind',
      source: bundle,
      options: ['bind'],
      uidMappings: map,
      gidMappings: map,
    });
  }),
  either('less oom score', '/process/oomScoreAdj', (config) => {
    config.process.oomScoreAdj = -500;
  }),
  either('the namespaces of process 1', '/linux/namespaces', (config) => {
    config.linux.namespaces[1] = { type: 'network', path: '/proc/1/ns/net' };
    config.mounts = config.mounts.filter(({ type }) => type !== 'sysfs');
  }),
  works('a remount', (config) => mount(config, '/dev/shm', 'bind', 'none', 'remount', 'bind', 'ro')),
  fails('more files than the kernel gives', '/process/rlimits/0', (config) => {
    config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 2 ** 31, hard: 2 ** 31 }];
  }),
  fails('a program that this user may not execute', '/process/args', (config, bundle) => {
    file(bundle, 'bin/private', busyboxOf(bundle), 0o700);
    config.process.user = { uid: 1000, gid: 1000 };
    run(config, '/bin/private');
  }),
  works('a working directory that only root may enter', (config, bundle) => {
    mkdirSync(join(bundle, 'rootfs/private'), { mode: 0o700 });
    config.process.user = { uid: 1000, gid: 1000 };
    config.process.cwd = '/private';
  }),
  fails('a root file system that root of the namespace may not change', '/mounts/6', (config) => {
    withUserNamespace(config);
    mount(config, '/new', 'tmpfs', 'tmpfs');
  }),
  fails('CPUs that are missing', '/linux/resources/cpu/cpus', (config) => {
    config.linux.resources.cpu = { cpus: '700' };
  }),
  fails('a limit of a block device that is missing', '/linux/resources/blockIO', (config) => {
    config.linux.resources.blockIO = { throttleReadBpsDevice: [{ major: 299, minor: 77, rate: 1048576 }] };
  }),
  fails('a network interface that is missing', '/linux/netDevices', (config) => {
    config.linux.netDevices = { 'no-such0': {} };
  }),
  {
    ...fails('resctrl', '/linux/intelRdt', (config) => {
      config.linux.intelRdt = { closID: 'some' };
    }),
    skip: hasNot('/sys/fs/resctrl/schemata', 'resctrl'),
  },
  fails('a directory where a device goes', '/linux/devices/0', (config, bundle) => {
    mkdirSync(join(bundle, 'rootfs/mnt/device'));
    config.linux.devices = [{ path: '/mnt/device', type: 'c', major: 10, minor: 229, fileMode: 0o666 }];
  }),
  fails('a disk that is missing', '/mounts/6', (config) => mount(config, '/mnt', 'ext4', '/dev/no-such-disk')),
  fails('a disk in a user namespace', '/mounts/6', (config) => {
    withUserNamespace(config);
    mount(config, '/mnt', 'ext4', '/dev/null');
  }),
  unknown('an overlay', (config, bundle) => {
    for (const name of ['lower', 'upper', 'work']) mkdirSync(join(bundle, name));
    const at = (name: string) => `${name}dir=${join(bundle, name)}`;
    mount(config, '/mnt', 'overlay', 'overlay', at('lower'), at('upper'), at('work'));
  }),
  refused('a user that is not mapped', '/process/user/uid', (config) => {
    withUserNamespace(config, 100000, 1000);
    config.process.user = { uid: 2000, gid: 0 };
  }),
];

/** What a user without rights can and can't do; `config` is that of `spec --rootless`. */
export const userCases: readonly ForecastCase[] = [
  works('a device of the host', (config) => {
    config.linux.devices = [{ path: '/dev/zero', type: 'c', major: 1, minor: 5, fileMode: 0o666 }];
  }),
  works('the network of the host', (config) => {
    withoutNamespace(config, 'network');
    config.mounts = config.mounts.filter(({ type }) => type !== 'sysfs');
  }),
  fails('no user namespace', '/linux/namespaces', (config) => {
    withoutNamespace(config, 'user');
    delete config.linux.uidMappings;
    delete config.linux.gidMappings;
  }),
  fails("another user's id", '/linux/', (config) => {
    config.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }];
  }),
  either('more files than allowed', '/process/rlimits/0', (config) => {
    config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 900_000, hard: 900_000 }];
  }),
  fails('a namespace of root', '/linux/namespaces', (config) => {
    config.linux.namespaces[1] = { type: 'network', path: '/proc/1/ns/net' };
  }),
  fails('a device that the host has not', '/linux/devices/0', (config) => {
    config.linux.devices = [{ path: '/dev/no-such', type: 'c', major: 10, minor: 229, fileMode: 0o666 }];
  }),
  fails('a disk', '/mounts/6', (config) => mount(config, '/mnt', 'ext4', '/dev/null')),
  fails('a source that only root may reach', '/mounts/6/source', (config, bundle) => {
    mkdirSync(join(bundle, 'closed/inner'), { recursive: true });
    chmodSync(join(bundle, 'closed'), 0o700);
    mount(config, '/mnt', 'bind', join(bundle, 'closed/inner'), 'bind');
  }),
  fails('a target in a directory of root', '/mounts/6', (config, bundle) => {
    chownSync(join(bundle, 'rootfs/etc'), 0, 0);
    mount(config, '/etc/new', 'tmpfs', 'tmpfs');
  }),
];
