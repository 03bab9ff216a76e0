import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlannedStep } from '../../src/plan/plan.js';
import { type TestConfig, withoutNamespace, withUserNamespace } from '../helpers/config.js';
import type { Site } from './site.js';
import { type Change, createStage, execStage, mountsStage, runStage, type Stage, withAgent } from './stages.js';

/** A kind of container, and the command on it whose calls are tried. */
export interface Scenario {
  readonly name: string;
  readonly stage: (site: Site) => Stage;
  /** The configuration, where it is a container's that is made, and the options: for the list of steps. */
  readonly change?: Change;
  readonly flags?: readonly string[];
  /** Steps that no container is made with. */
  readonly steps?: readonly PlannedStep['step'][];
}

/** A directory of the host to be bound. */
function source(site: Site): string {
  const path = join(site.directory, 'source');
  mkdirSync(join(path, 'below'), { recursive: true });
  writeFileSync(join(path, 'file'), 'from the host');
  return path;
}

const errnoFilter: NonNullable<TestConfig['linux']['seccomp']> = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [{ names: ['mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }],
};

/** Nearly all that a configuration can ask for. */
const everything: Change = (config, site) => {
  const directory = source(site);
  config.root.readonly = true;
  config.hostname = 'box';
  config.domainname = 'example';
  Object.assign(config.process, {
    user: { uid: 1000, gid: 1000, additionalGids: [10, 20], umask: 0o27 },
    cwd: '/tmp/here',
    oomScoreAdj: 100,
    scheduler: { policy: 'SCHED_OTHER', nice: 5 },
    ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 6 },
    rlimits: [
      { type: 'RLIMIT_NOFILE', soft: 512, hard: 1024 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ],
  });
  const { capabilities } = config.process;
  capabilities.inheritable = capabilities.ambient = ['CAP_KILL'];
  config.mounts.push(
    { destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'ro', 'size=64k'] },
    { destination: '/full', type: 'tmpfs', source: 'tmpfs', options: ['tmpcopyup'] },
    { destination: '/bound', source: directory, options: ['rbind', 'ro', 'rnoexec', 'rslave'] },
    { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['mode=1777'] },
    { destination: '/tmp', type: 'tmpfs', options: ['remount', 'nosuid', 'size=128k'] },
    { destination: '/etc/one', source: join(directory, 'file'), options: ['bind', 'nosuid'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', 'nosuid'] },
  );
  config.linux.namespaces.push({ type: 'cgroup' }, { type: 'time' });
  Object.assign(config.linux, {
    timeOffsets: { monotonic: { secs: 100 } },
    rootfsPropagation: 'slave',
    personality: { domain: 'LINUX32' },
    memoryPolicy: { mode: 'MPOL_PREFERRED', nodes: '0' },
    sysctl: { 'net.ipv4.ip_unprivileged_port_start': '80', 'kernel.msgmax': '4096', 'fs.mqueue.msg_max': '5' },
    seccomp: errnoFilter,
    maskedPaths: [...config.linux.maskedPaths!, '/etc/passwd'],
    devices: [
      { type: 'p', path: '/dev/fifo', fileMode: 0o640, uid: 5, gid: 6 },
      { type: 'c', path: '/dev/nothing', major: 1, minor: 3, fileMode: 0o600, uid: 7, gid: 8 },
    ],
  });
};

/** The filter has to be there before the user is changed: without no_new_privs it takes CAP_SYS_ADMIN. */
const earlyFilter: Change = (config) => {
  config.process.noNewPrivileges = false;
  config.process.user = { uid: 1000, gid: 1000 };
  config.linux.seccomp = errnoFilter;
};

const userNamespace: Change = (config, site) => {
  withUserNamespace(config);
  config.mounts.push(
    { destination: '/bound', source: source(site), options: ['rbind', 'ro', 'idmap'] },
    { destination: '/again', source: 'rootfs/bound/below', options: ['bind'] },
    { destination: '/scratch', type: 'tmpfs', source: 'tmpfs', options: ['uid=5', 'ro'] },
  );
  config.process.user = { uid: 1000, gid: 1000, additionalGids: [7] };
};

const hooks: Change = (config, { hooks: directory, programs, namespaces }) => {
  const hook = (name: string, path: string, to: string) => ({
    path,
    args: ['probe', to, join(directory, name), ...namespaces],
    env: ['FROM=hook'],
    timeout: 30,
  });
  config.mounts.push({ destination: directory, source: directory, options: ['bind'] });
  config.hooks = {
    createContainer: [
      hook('createContainer', programs.probe, '--outside'),
      { path: programs.probe, args: ['probe', '--outside', '/dev/null'] },
    ],
    startContainer: [hook('startContainer', '/probe', '--to')],
  };
};

const terminal: Change = (config) => {
  config.process.terminal = true;
  config.process.consoleSize = { height: 30, width: 100 };
};

const noMountNamespace: Change = (config) => {
  withoutNamespace(config, 'mount');
  config.linux.maskedPaths = config.linux.readonlyPaths = [];
};

/** An option that fsconfig(2) takes no longer. */
const longOption: Change = (config, site) => {
  const directories = ['lower', 'other'].map((name) => join(site.directory, name.padEnd(200, '-')));
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  config.mounts.push({
    destination: '/over',
    type: 'overlay',
    source: 'overlay',
    options: [`lowerdir=${directories.join(':')}`],
  });
};

/** Namespaces of this test's, by path, except those that a process can't share with it. */
const joined: Change = (config) => {
  const paths: Record<string, string> = { network: 'net', ipc: 'ipc', cgroup: 'cgroup' };
  config.linux.namespaces.push({ type: 'cgroup' });
  for (const namespace of config.linux.namespaces) {
    const name = paths[namespace.type];
    if (name !== undefined) namespace.path = `/proc/self/ns/${name}`;
  }
};

/** Calls that an agent answers. */
const listener: Change = (config, site) => {
  config.linux.seccomp = {
    defaultAction: 'SCMP_ACT_ALLOW',
    listenerPath: site.socket,
    syscalls: [{ names: ['mkdirat'], action: 'SCMP_ACT_NOTIFY' }],
  };
};

const withFlags = (
  name: string,
  change: Change,
  flags: readonly string[] = [],
  also: readonly string[] = [],
): Scenario => ({
  name,
  change,
  flags,
  stage: (site) => runStage(site, change, flags, also),
});

const nothing = () => {};

/** `run`, with each kind of step there is. */
export const runScenarios: readonly Scenario[] = [
  withFlags('everything', everything),
  withFlags('a filter before the user', earlyFilter),
  withFlags('a user namespace', userNamespace),
  withFlags('hooks', hooks),
  withFlags('a terminal', terminal, [], ['--tty']),
  withFlags('no pivot_root', () => {}, ['--no-pivot']),
  withFlags('no mount namespace', noMountNamespace),
  withFlags('a long option', longOption),
  withFlags('joined namespaces', joined),
  {
    name: 'a trace',
    steps: ['step-times'],
    stage: (site) => runStage(site, nothing, [], [], ['--trace', '/dev/null']),
  },
  { name: 'a seccomp agent', change: listener, stage: (site) => withAgent(site, runStage(site, listener)) },
];

/** What is done beside `run`. */
export const otherScenarios: readonly Scenario[] = [
  { name: 'create and start', stage: (site) => createStage(site, hooks), change: hooks },
  {
    name: 'exec',
    stage: (site) => execStage(site, everything, nothing),
    steps: ['join-process', 'close-proc', 'fork', 'adopt-root', 'reopen-null'],
  },
  {
    name: 'exec in a user namespace',
    steps: ['become', 'cpu-affinity'],
    stage: (site) =>
      execStage(site, userNamespace, (process) => (process.execCPUAffinity = { initial: '0', final: '0' })),
  },
  {
    name: 'exec on a terminal',
    stage: (site) => execStage(site, nothing, (process) => (process.terminal = true), ['--tty']),
  },
  {
    name: 'exec without a mount namespace',
    steps: ['enter-root'],
    stage: (site) => execStage(site, noMountNamespace, nothing),
  },
  {
    name: 'mounts add',
    stage: (site) =>
      mountsStage(site, 'add', (at) => [
        { destination: '/added', source: source(at), options: ['rbind', 'ro', 'rnosuid', 'rprivate'] },
      ]),
  },
  {
    name: 'mounts remove',
    steps: ['unmount'],
    stage: (site) =>
      mountsStage(site, 'remove', (at) => [{ destination: '/added', source: source(at), options: ['bind', 'ro'] }]),
  },
];
