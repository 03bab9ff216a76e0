/** A machine in memory for the tests of the command line: files, one process, and what was written where. */

import { TsruncError } from '../../src/base/error.js';
import { commands } from '../../src/cli/commands.js';
import { main } from '../../src/cli/main.js';
import type { CommandResult, Native } from '../../src/native/native.js';

export interface Machine {
  files: Record<string, string>;
  directories: string[];
  env: Record<string, string>;
  euid: number;
  /** Start time by pid of the processes that are alive. */
  alive: Record<number, number>;
  cgroup2: boolean;
  /** What is on the standard input. */
  stdin: string;
  /** The width of the terminal that stdout is; 0 when it is none. */
  columns: number;
  ps: CommandResult;
  /** Set by the run. */
  commands: { path: string; args: string[]; env: string[] }[];
}

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  machine: Machine;
}

/** The number of every descriptor that is opened. */
const OPENED = 5;

const failed = (syscall: string, errno: number, path: string, text: string): TsruncError =>
  new TsruncError('system', `${syscall} ${path}: ${text}`, { syscall, errno, path });

/** Runs the command line on a machine; `change` sets what differs from an empty one, as seen by root. */
export function runCli(argv: string[], change: Partial<Machine> = {}): Outcome {
  const machine: Machine = {
    files: {},
    directories: [],
    env: {},
    euid: 0,
    alive: {},
    cgroup2: false,
    stdin: '',
    columns: 0,
    ps: { status: 0, signal: 0, timedOut: false, stdout: '', stderr: '' },
    commands: [],
    ...change,
  };
  const written = ['', '', ''];
  /** What is left to read: of the standard input, and of the file that was opened last. */
  const unread = new Map<number, string>([[0, machine.stdin]]);
  const { files, directories } = machine;
  const isDirectory = (path: string): boolean =>
    directories.includes(path) || [...directories, ...Object.keys(files)].some((one) => one.startsWith(`${path}/`));
  const native: Partial<Native> = {
    write: (fd, data) => {
      written[fd] += data;
    },
    clock: () => [1_700_000_000, 123_456_789],
    identity: () => [machine.euid, machine.euid, machine.euid, machine.euid, 77, 1],
    seccompVersion: () => [2, 5, 5],
    seccompKernel: () => [0b110, 0xff],
    isatty: () => machine.columns > 0,
    terminalColumns: () => machine.columns,
    userName: (uid) => (uid === 0 ? 'root' : null),
    fsType: () => (machine.cgroup2 ? 0x63677270 : 0x01021994),
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw failed('open', 2, path, 'no such file or directory');
      return text;
    },
    readBytes: (fd) => {
      const bytes = Buffer.from(unread.get(fd) ?? '');
      unread.delete(fd);
      return bytes;
    },
    readFileIfExists: (path) => files[path] ?? null,
    writeNew: (path, data) => {
      if (files[path] !== undefined) throw failed('open', 17, path, 'file exists');
      files[path] = data;
    },
    appendFile: (path, data) => {
      if (path.startsWith('/full/')) throw failed('write', 28, path, 'no space left on device');
      files[path] = (files[path] ?? '') + data;
    },
    stat: (path) => {
      const mode = files[path] !== undefined ? 0o100755 : isDirectory(path) ? 0o40755 : 0;
      return mode === 0
        ? null
        : { dev: 1, ino: 1, mode, uid: 0, gid: 0, rdevMajor: 0, rdevMinor: 0, size: 0, links: 0 };
    },
    readDir: (path) => {
      if (!isDirectory(path)) throw failed('open', 2, path, 'no such file or directory');
      const below = [...directories, ...Object.keys(files)].filter((one) => one.startsWith(`${path}/`));
      return [...new Set(below.map((one) => one.slice(path.length + 1).split('/')[0] ?? ''))].sort();
    },
    fstat: () => ({ dev: 1, ino: 1, mode: 0o40755, uid: 0, gid: 0, rdevMajor: 0, rdevMinor: 0, size: 0, links: 0 }),
    pidfdOpen: (pid) => {
      if (machine.alive[pid] === undefined) throw failed('pidfd_open', 3, String(pid), 'no such process');
      return 6;
    },
    realPath: (path) => path,
    open: (path) => {
      if (files[path] === undefined && !isDirectory(path)) throw failed('open', 2, path, 'no such file or directory');
      unread.set(OPENED, files[path] ?? '');
      return OPENED;
    },
    close: () => {},
    setSubreaper: () => {},
    catchSignals: () => {},
    flock: () => true,
    processStat: (pid) => {
      const startTime = machine.alive[pid];
      return startTime === undefined
        ? null
        : { name: 'tsrunc:[INIT]', state: 'S', ppid: 1, threads: 1, exiting: false, startTime };
    },
    command: (path, args, env) => {
      machine.commands.push({ path, args, env });
      return machine.ps;
    },
  };
  const complete = new Proxy(native, {
    get(target, name) {
      const known = Reflect.get(target, name);
      if (known !== undefined) return known;
      return () => {
        throw new TsruncError('internal', `the fake machine has no ${String(name)}`);
      };
    },
  }) as Native;
  const code = main(argv, machine.env, '/work dir', complete, commands, 'test 1');
  return { code, stdout: written[1] ?? '', stderr: written[2] ?? '', machine };
}

/** The text of a state file. */
export function stateFile(change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    version: 2,
    id: 'web',
    ociVersion: '1.3.0',
    pid: 4321,
    startTime: 99,
    phase: 'running',
    bundle: '/srv/web',
    rootfs: '/srv/web/rootfs',
    created: '2026-01-31T23:59:59.123456789Z',
    annotations: {},
    owner: 0,
    sharedPids: false,
    cgroup: { paths: {}, made: [] },
    intelRdt: '',
    notify: false,
    hooks: { poststart: [], poststop: [] },
    laterSteps: [],
    ...change,
  });
}
