/** A machine in memory that `doctor` looks at. */
import { EACCES, ENOENT } from '../../src/base/errno.js';
import { TsruncError } from '../../src/base/error.js';
import type { DoctorLine, Examination } from '../../src/doctor/line.js';
import type { FileStat, Native } from '../../src/native/native.js';
import type { HostFacts } from '../../src/plan/host-facts.js';
import { PlanBuilder } from '../../src/plan/steps/builder.js';
import type { Step } from '../../src/plan/steps/generated/steps.js';
import { unifiedRoot } from './plan-hosts.js';

/** What a test says of the machine; the rest is as it should be. */
export interface Fake {
  files?: Record<string, string>;
  stats?: Record<string, Partial<FileStat>>;
  attributes?: Record<string, string>;
  calls?: string[];
  seccomp?: number[];
  nofile?: [number, number];
  fsTypes?: Record<string, number>;
  /** errno with which these paths can't be opened. */
  closed?: Record<string, number>;
  uid?: number;
  env?: Record<string, string>;
  facts?: Partial<HostFacts>;
  /** The error of a trial with these steps. */
  fails?: (steps: readonly Step[]) => TsruncError | undefined;
}

/** The examination of a fake machine. */
export function examination(fake: Fake = {}): Examination {
  const { files = {}, stats = {}, uid = 0 } = fake;
  const failed = (syscall: string, path: string, errno: number) =>
    new TsruncError('system', `${syscall} ${path}: errno ${errno}`, { syscall, path, errno });
  const names = [...Object.keys(files), ...Object.keys(stats)];
  const native: Partial<Native> = {
    uname: () => ['Linux', 'host', '6.12.0', '#1', 'x86_64'],
    identity: () => [uid, uid, uid, uid, 77, 1],
    userName: (id) => (id === 0 ? 'root' : 'user'),
    kernelCalls: () => fake.calls ?? [],
    seccompKernel: () => fake.seccomp ?? [0x3f, 0xff],
    seccompVersion: () => [2, 6, 0],
    inherited: () => ({ nofileSoft: fake.nofile?.[0] ?? 1024, nofileHard: fake.nofile?.[1] ?? 1048576, fds: [] }),
    readFileIfExists: (path) => files[path] ?? null,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw failed('open', path, ENOENT);
      return text;
    },
    readDir: (path) => {
      const found = names.filter((name) => name.startsWith(`${path}/`)).map((name) => name.slice(path.length + 1));
      return [...new Set(found.map((name) => name.split('/')[0]!))].sort();
    },
    stat: (path) => {
      if (stats[path]?.mode === -1) throw failed('stat', path, EACCES);
      const isDirectory = path === '/' || names.some((name) => name.startsWith(`${path}/`));
      if (!(path in files) && !(path in stats) && !isDirectory) return null;
      const mode = path in files ? 0o100644 : 0o40755;
      return { dev: 1, ino: 1, mode, uid: 0, gid: 0, rdevMajor: 0, rdevMinor: 0, size: 0, links: 1, ...stats[path] };
    },
    getXattr: (path, name) => fake.attributes?.[`${path} ${name}`] ?? null,
    getXattrs: (paths, name) => paths.map((path) => fake.attributes?.[`${path} ${name}`] ?? null),
    open: (path) => {
      const errno = fake.closed?.[path];
      if (errno !== undefined) throw failed('open', path, errno);
      return 9;
    },
    close: () => {},
    mkdir: (path) => {
      const errno = fake.closed?.[path.slice(0, path.lastIndexOf('/'))];
      if (errno !== undefined) throw failed('mkdir', path, errno);
    },
    rmdir: () => {},
    fsType: (path) => fake.fsTypes?.[path] ?? 0,
    processStat: () => null,
    clock: () => [1, 0],
    connectStream: (path) => {
      throw failed('connect', path, EACCES);
    },
  };
  const rt: Examination['rt'] = {
    native: native as Native,
    root: '/run/tsrunc',
    env: fake.env ?? {},
    cwd: '/',
    cgroupManager: 'cgroupfs',
    rootless: 'auto',
    warn: () => {},
    tellError: () => {},
    settle: () => {},
    debug: () => {},
  };
  return {
    rt,
    facts: { ...unifiedRoot, uid, gid: uid, rootless: uid !== 0, ...fake.facts },
    isRoot: uid === 0,
    attempt: (add) => {
      const builder = new PlanBuilder();
      add(builder);
      return fake.fails?.(builder.steps);
    },
  };
}

/** `status: text` of the line with that name, with its remedy and place, or undefined. */
export function lineOf(lines: readonly DoctorLine[], name: string): Omit<DoctorLine, 'name'> | undefined {
  const line = lines.find((one) => one.name === name);
  if (line === undefined) return undefined;
  const { name: _, ...rest } = line;
  return rest;
}

/** The error of a step that failed. */
export const refusal = (text: string): TsruncError => new TsruncError('step', text, { errno: 1 });
