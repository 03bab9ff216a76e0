/** Limits that many containers reach: of the kernel, and of whoever runs tsrunc. */
import { wordsOf } from '../cgroup/stat-file.js';
import { type DoctorLine, type Examination, limited, ok } from './line.js';
import { sysctl, textOf } from './proc-text.js';

/** A kernel parameter, below which value containers run short, and of what. */
interface Parameter {
  readonly name: string;
  readonly least: number;
  readonly what: string;
  readonly root?: true;
}

const parameters: readonly Parameter[] = [
  { name: 'kernel.pid_max', least: 32768, what: 'pids on the whole machine' },
  { name: 'kernel.threads-max', least: 16384, what: 'threads on the whole machine' },
  { name: 'user.max_user_namespaces', least: 1000, what: 'user namespaces' },
  { name: 'user.max_pid_namespaces', least: 1000, what: 'containers with a pid namespace' },
  { name: 'user.max_mnt_namespaces', least: 1000, what: 'containers' },
  { name: 'user.max_net_namespaces', least: 1000, what: 'containers with a network namespace' },
  { name: 'fs.inotify.max_user_instances', least: 128, what: 'programs of one user that watch files' },
  { name: 'fs.inotify.max_user_watches', least: 8192, what: 'files of one user that are watched' },
  { name: 'kernel.keys.maxkeys', least: 200, what: 'containers of a user: each has a keyring' },
  { name: 'kernel.keys.root_maxkeys', least: 200, what: 'containers of root: each has a keyring', root: true },
];

/** The group of limits. */
export function examineLimits(examination: Examination): DoctorLine[] {
  const { rt, isRoot } = examination;
  const lines = parameters.flatMap((parameter) =>
    parameter.root && !isRoot ? [] : parameterLine(sysctl(rt.native, parameter.name.replaceAll('.', '/')), parameter),
  );
  return [...lines, nofileLine(examination), ...nprocLine(examination), ...taskLine(examination)];
}

function parameterLine(value: string | undefined, { name, least, what }: Parameter): DoctorLine[] {
  if (value === undefined || !/^\d+$/.test(value)) return [];
  if (Number(value) >= least) return [ok(name, value)];
  return [
    limited(name, `${value}: ${what}`, {
      where: name,
      remedy: `sysctl -w ${name}=${least * 4}, and a file in /etc/sysctl.d`,
    }),
  ];
}

function nofileLine({ rt: { native } }: Examination): DoctorLine {
  const { nofileSoft, nofileHard } = native.inherited();
  const text = `${nofileSoft}, hard limit ${nofileHard}`;
  if (nofileHard >= 4096) return ok('RLIMIT_NOFILE', text);
  const remedy = 'LimitNOFILE= in the unit, or /etc/security/limits.conf';
  return limited('RLIMIT_NOFILE', `${text}: a configuration that asks for more fails without root`, {
    where: 'RLIMIT_NOFILE',
    remedy,
  });
}

/** The kernel doesn't hold root to it. */
function nprocLine({ rt: { native }, isRoot }: Examination): DoctorLine[] {
  const line = /^Max processes +(\S+) +(\S+)/m.exec(textOf(native, '/proc/self/limits') ?? '');
  if (line === null || isRoot) return [];
  const soft = line[1] ?? '';
  if (soft === 'unlimited' || Number(soft) >= 1024) return [ok('RLIMIT_NPROC', soft)];
  const remedy = 'LimitNPROC= in the unit, or /etc/security/limits.conf';
  return [limited('RLIMIT_NPROC', `${soft} processes of this user in all`, { where: 'RLIMIT_NPROC', remedy })];
}

/** The limit of the cgroup that tsrunc itself is in, and with it containers beside it. */
function taskLine({ rt: { native }, facts: { cgroup } }: Examination): DoctorLine[] {
  const v1 = cgroup.controllers.find(({ name }) => name === 'pids');
  const place = v1 ?? (cgroup.unified?.controllers.includes('pids') ? cgroup.unified : undefined);
  if (place === undefined || place.self === '/') return [];
  const file = `${place.mountPoint}${place.self}/pids.max`;
  const [value] = wordsOf(textOf(native, file) ?? '');
  if (value === undefined) return [];
  if (value === 'max' || Number(value) >= 1000) return [ok('pids.max', `${value}, of the cgroup that tsrunc is in`)];
  return [
    limited('pids.max', `${value} tasks in the cgroup that tsrunc is in`, {
      where: file,
      remedy: 'TasksMax= of its unit',
    }),
  ];
}
