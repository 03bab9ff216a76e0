/** Processes: of config.json, and of exec. */

import { capabilityNames } from '../../../src/config/capability-names.js';
import type {
  Capabilities,
  CpuAffinity,
  IoPriority,
  Process,
  Rlimit,
  Scheduler,
  User,
} from '../../../src/config/spec.js';
import type { Random } from '../random.js';

const infinity = 18446744073709551615n;
const ids = [0, 0, 1, 100, 1000, 54321, 65534, 65535, 100000];

/** @param most the highest id that is mapped */
export function makeUser(random: Random, most: number): User {
  const id = (): number => (random.chance(0.95) ? Math.min(random.pick(ids), most) : random.pick(ids));
  return random.members<Required<User>>(
    {
      uid: id,
      gid: id,
      umask: () => random.pick([0, 0o22, 0o27, 0o77, 0o777]),
      additionalGids: () => Array.from({ length: random.int(0, 4) }, id),
    },
    0.6,
  );
}

/** Not all that the machine has: what the runtime itself lacks is an error for one and a warning for the other. */
const names = capabilityNames.filter((name) => name !== 'CAP_SYS_RESOURCE');

function makeCapabilities(random: Random): Capabilities {
  const all = random.someTwice(names, random.pick([3, 10, 40]));
  if (random.chance(0.1)) all.push('CAP_OF_NOBODY');
  const within = (list: readonly string[]): string[] => (random.chance(0.5) ? [...list] : random.someTwice(list));
  const permitted = within(all);
  const inheritable = random.chance(0.5) ? [] : within(permitted);
  return {
    bounding: all,
    permitted,
    effective: within(permitted),
    ...(random.chance(0.7) && { inheritable }),
    ...(random.chance(0.5) && { ambient: within(inheritable) }),
  };
}

/** Limits with which the probe and both runtimes can still work, by pairs of soft and hard. */
const limits: Record<string, [soft: number | bigint, hard: number | bigint][]> = {
  RLIMIT_AS: [[1073741824n * 64n, infinity]],
  RLIMIT_CORE: [
    [0, 0],
    [1, 2],
    [0, infinity],
    [infinity, infinity],
  ],
  RLIMIT_CPU: [
    [30, 60],
    [infinity, infinity],
  ],
  RLIMIT_DATA: [
    [1073741824, 1073741824],
    [infinity, infinity],
  ],
  RLIMIT_FSIZE: [
    [1048576, 1048577],
    [infinity, infinity],
  ],
  RLIMIT_LOCKS: [
    [1, 1],
    [0, 100],
    [infinity, infinity],
  ],
  RLIMIT_MEMLOCK: [
    [0, 0],
    [4096, 65536],
    [65536, 65536],
  ],
  RLIMIT_MSGQUEUE: [
    [0, 0],
    [1, 819200],
  ],
  RLIMIT_NICE: [[0, 0]],
  RLIMIT_NOFILE: [
    [64, 64],
    [100, 1024],
    [1024, 4096],
    [20000, 20000],
  ],
  RLIMIT_NPROC: [
    [500, 1000],
    [90000, 90000],
  ],
  RLIMIT_RSS: [
    [0, 0],
    [1, 100],
    [infinity, infinity],
  ],
  RLIMIT_RTPRIO: [[0, 0]],
  RLIMIT_RTTIME: [
    [1000000, 2000000],
    [infinity, infinity],
  ],
  RLIMIT_SIGPENDING: [
    [1000, 2000],
    [0, 0],
  ],
  RLIMIT_STACK: [
    [8388608, infinity],
    [1048576, 67108864],
    [infinity, infinity],
  ],
};

function makeRlimits(random: Random): Rlimit[] {
  const types = random.chance(0.03) ? random.someTwice(Object.keys(limits)) : random.some(Object.keys(limits), 6);
  return types.map((type) => {
    const [soft, hard] = random.pick(limits[type]!);
    return { type, soft, hard };
  });
}

/** Real time needs a share of its own in a cgroup of v1, which is seldom given: it is refused then. */
function makeScheduler(random: Random): Scheduler {
  const realTime = random.chance(0.15);
  const policy = random.pick(
    realTime ? ['SCHED_FIFO', 'SCHED_RR', 'SCHED_DEADLINE'] : ['SCHED_OTHER', 'SCHED_BATCH', 'SCHED_IDLE'],
  );
  const flags = random.chance(0.3)
    ? random.some(['SCHED_FLAG_RESET_ON_FORK', ...(realTime ? ['SCHED_FLAG_DL_OVERRUN'] : [])])
    : undefined;
  const more = flags && { flags };
  switch (policy) {
    case 'SCHED_FIFO':
    case 'SCHED_RR':
      return { policy, priority: random.pick([1, 50, 99]), ...more };
    case 'SCHED_DEADLINE':
      return {
        policy,
        runtime: 50000000,
        deadline: 100000000,
        period: random.pick([0, 100000000, 200000000]),
        ...more,
      };
    default:
      return { policy, ...(random.chance(0.7) && { nice: random.pick([-20, -5, 0, 1, 19]) }), ...more };
  }
}

function makeIoPriority(random: Random): IoPriority {
  const name = random.pick(['IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE']);
  return { class: name, ...(random.chance(0.8) && { priority: random.int(0, 7) }) };
}

function makeAffinity(random: Random): CpuAffinity {
  const list = (): string => random.pick(['0', '0-1', '1', '0,1', '1-1']);
  return random.members<Required<CpuAffinity>>({ initial: list, final: list }, 0.7);
}

const path = 'PATH=/usr/bin:/bin';
const variables = [
  ...['A=1', 'A=2', 'A=', 'EMPTY=', 'HOME=', 'HOME=/elsewhere', 'HOME=/home/user', 'PATH=/nowhere:/bin', 'TERM=xterm'],
  ...[
    'WITH=a=b',
    'LINES=one\ntwo',
    'NAME WITH SPACE=1',
    'UMLAUT=ä',
    'LISTEN_FDS=0',
    'XDG_RUNTIME_DIR=/run/x',
    'lower=1',
  ],
  ...['LD_LIBRARY_PATH=/nowhere', 'NOTIFY_SOCKET=/run/n', 'USER=somebody', 'HOSTNAME=other'],
];
const directories = [
  ...[
    '/',
    '/tmp',
    '/tmp/',
    '/tmp/../data',
    '//data',
    '/data/./sub',
    '/link',
    '/link/sub',
    '/home/user',
    '/made/deep/here',
  ],
  ...['/proc/self', '/dev', '/mnt/one', '/mnt/two', '/mnt/one/inner', '/root', '/missing'],
];
const wrongDirectories = ['/data/file', '/dangling', '/proc/missing'];
const programs = [
  '/probe',
  '/probe',
  '/bin/probe',
  'probe',
  'probe',
  '../probe',
  './probe',
  '/missing',
  '/data/file',
  '/tmp',
];
const words = ['', 'a', 'two words', '--flag', '-x', 'quote"s', 'new\nline', 'ümlaut', '$HOME', '*', 'a'.repeat(300)];

export interface ProcessOptions {
  /** How often an optional field is there. */
  readonly density: number;
  readonly most: number;
  /** Whether oomScoreAdj may be lowered here. */
  readonly raises: boolean;
  readonly isExec: boolean;
}

export function makeProcess(random: Random, { density, most, raises, isExec }: ProcessOptions): Process {
  const optional = random.members<
    Omit<Required<Process>, 'args' | 'cwd' | 'env' | 'terminal' | 'consoleSize' | 'capabilities'>
  >(
    {
      user: () => makeUser(random, most),
      rlimits: () => makeRlimits(random),
      noNewPrivileges: () => random.chance(0.7),
      apparmorProfile: () => '',
      selinuxLabel: () => '',
      oomScoreAdj: () => random.pick(raises || random.chance(0.03) ? [-1000, -500, 0] : [0, 1, 100, 1000]),
      scheduler: () => makeScheduler(random),
      ioPriority: () => makeIoPriority(random),
      execCPUAffinity: () => makeAffinity(random),
    },
    density,
  );
  const env = random.someTwice(variables, 5);
  const ordinary = random.chance(0.9);
  return {
    ...(random.chance(0.1) && { terminal: false }),
    ...(random.chance(0.1) && { consoleSize: { height: random.int(0, 50), width: random.int(0, 200) } }),
    ...(random.chance(0.93) && { capabilities: makeCapabilities(random) }),
    // What a process of exec leaves out it has of its container, or not: docs/exec.md.
    ...(isExec &&
      random.chance(0.9) && {
        user: { uid: 0, gid: 0, umask: 0o22, ...makeUser(random, most) },
        noNewPrivileges: random.chance(0.5),
        oomScoreAdj: raises ? 0 : 1000,
        rlimits: makeRlimits(random),
      }),
    ...optional,
    args: [ordinary ? '/probe' : random.pick(programs), ...random.someTwice(words, 3)],
    ...(random.chance(0.9) && { env: random.chance(0.8) ? random.shuffled([...env, path]) : env }),
    cwd: random.chance(isExec ? 0.3 : 0.5) ? '/' : random.pick(random.chance(0.015) ? wrongDirectories : directories),
  };
}
