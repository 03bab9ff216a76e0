/** A machine in memory with an init that says what a test wrote down: for the lifecycle of containers without one. */

import { ECANCELED, EEXIST, ENOENT, ENXIO, EOPNOTSUPP, ESRCH } from '../../src/base/errno.js';
import { TsruncError } from '../../src/base/error.js';
import type { Runtime } from '../../src/container/runtime.js';
import { O_NONBLOCK, O_WRONLY, S_IFDIR, S_IFREG } from '../../src/native/flags.js';
import type { FileStat, InitMessage, Native, PlanValue } from '../../src/native/native.js';
import { SIGKILL } from '../../src/native/signals.js';
import type { StepName } from '../../src/plan/steps/generated/steps.js';
import { MessageKind } from '../../src/plan/steps/protocol.js';
import { stepTable } from '../../src/plan/steps/step-table.js';

export function message(kind: number, fields: Partial<InitMessage> = {}): InitMessage {
  return { kind, step: 0, value: 0, text: '', fds: [], ...fields };
}

function failure(syscall: string, errno: number, path = ''): TsruncError {
  return new TsruncError('system', `${syscall} ${path}: errno ${errno}`, { syscall, errno, path });
}

const TMPFS_MAGIC = 0x01021994;
const PROC: Record<string, string> = {
  '/proc/self/cgroup': '',
  '/proc/self/mountinfo': '',
  '/proc/self/uid_map': '0 0 4294967295\n',
  '/proc/self/status': 'Name:\ttsrunc\nCapBnd:\t000001ffffffffff\n',
  '/proc/sys/kernel/cap_last_cap': '40\n',
};

export class ScriptedMachine {
  readonly pid = 4242;
  readonly files = new Map<string, string>(Object.entries(PROC));
  readonly directories = new Set(['/', '/run', '/bundle', '/bundle/rootfs', '/proc/self/ns/mnt', '/proc/self/ns/pid']);
  readonly commands: { path: string; input: string }[] = [];
  /** What init says next; null is the end of file. */
  readonly messages: (InitMessage | null)[];
  alive = false;
  /** Extended attributes by `PATH NAME`; a kernel that takes none has none. */
  readonly attributes = new Map<string, string>();
  takesMarks = true;
  subreaper = false;
  exitStatus = 0;
  /** Runs before each message is taken. */
  beforeReceive: () => void = () => {};
  private cgroupManager: 'cgroupfs' | 'disabled' = 'disabled';
  private started = false;
  /** The parts that init got its plan in. */
  readonly parts: (readonly (readonly PlanValue[])[])[] = [];
  /** The texts of each reply to init. */
  readonly replies: (readonly string[])[] = [];
  /** Looks at the start fifo. */
  fifoLooks = 0;
  /** The program that the container's process runs. */
  program = 'tsrunc:[INIT]';
  private socket = -1;
  private begun = false;
  private next = 100;
  private readonly open = new Map<number, string>();

  constructor(config: object, messages: (InitMessage | null)[]) {
    this.files.set('/bundle/config.json', JSON.stringify(config));
    this.messages = [...messages];
  }

  /** Gives it a cgroup v1 hierarchy, and in that the files of the container's cgroup. */
  mountCgroup(id: string): void {
    const directory = '/sys/fs/cgroup/pids';
    this.cgroupManager = 'cgroupfs';
    this.files.set('/proc/self/cgroup', '1:pids:/\n');
    this.files.set('/proc/self/mountinfo', `30 1 0:30 / ${directory} rw - cgroup cgroup rw,pids\n`);
    this.directories.add(directory);
    for (const file of ['tasks', 'cgroup.procs']) this.files.set(`${directory}/${id}/${file}`, '');
  }

  /** What was opened and not closed. */
  openDescriptors(): string[] {
    return [...this.open.values()];
  }

  /** Number of the last step of that name in the plan that was sent. */
  stepOf(name: StepName): number {
    const number = stepTable.findIndex((step) => step.name === name);
    return this.parts.flat().findLastIndex(([kind]) => kind === number);
  }

  get runtime(): Runtime {
    return {
      native: this.native as Native,
      root: '/run/t',
      env: {},
      cwd: '/',
      cgroupManager: this.cgroupManager,
      rootless: 'false',
      warn: () => {},
      tellError: () => {},
      settle: () => {},
      debug: () => {},
    };
  }

  private descriptor(what: string): number {
    this.open.set(this.next, what);
    return this.next++;
  }

  private stat(path: string): FileStat | null {
    const directory = this.directories.has(path);
    if (!directory && !this.files.has(path)) return null;
    const mode = directory ? S_IFDIR | 0o755 : S_IFREG | 0o644;
    return { dev: 1, ino: path.length, mode, uid: 0, gid: 0, rdevMajor: 0, rdevMinor: 0, size: 0, links: 2 };
  }

  private readonly native: Partial<Native> = {
    readFile: (path) => {
      const text = this.files.get(path);
      if (text === undefined) throw failure('open', ENOENT, path);
      return text;
    },
    readFileIfExists: (path) => this.files.get(path) ?? null,
    writeNew: (path, data) => void this.files.set(path, data),
    writeAtomic: (path, data) => void this.files.set(path, data),
    write: () => {
      this.started = true;
    },
    mkdir: (path) => {
      if (this.directories.has(path)) throw failure('mkdir', EEXIST, path);
      if (!this.directories.has(path.slice(0, path.lastIndexOf('/')) || '/')) throw failure('mkdir', ENOENT, path);
      this.directories.add(path);
    },
    mkfifo: (path) => void this.files.set(path, ''),
    hasReader: (path) => {
      this.fifoLooks++;
      return this.files.has(path) && this.alive && !this.started;
    },
    unlink: (path) => void this.files.delete(path),
    rmdir: (path) => void this.directories.delete(path),
    removeTree: (path) => {
      this.directories.delete(path);
      for (const name of this.files.keys()) if (name.startsWith(`${path}/`)) this.files.delete(name);
    },
    getXattr: (path, name) => {
      if (!this.directories.has(path)) throw failure('lgetxattr', ENOENT, path);
      return this.attributes.get(`${path} ${name}`) ?? null;
    },
    getXattrs: (paths, name) => paths.map((path) => this.attributes.get(`${path} ${name}`) ?? null),
    setXattr: (path, name, value, create) => {
      if (!this.takesMarks) throw failure('lsetxattr', EOPNOTSUPP, path);
      if (!this.directories.has(path)) throw failure('lsetxattr', ENOENT, path);
      if (create && this.attributes.has(`${path} ${name}`)) throw failure('lsetxattr', EEXIST, path);
      this.attributes.set(`${path} ${name}`, value);
    },
    removeXattr: (path, name) => void this.attributes.delete(`${path} ${name}`),
    realPath: (path) => path,
    readLink: (path) => {
      throw failure('readlink', ENOENT, path);
    },
    readDir: () => ['mnt', 'pid'],
    matching: (pattern, words) => words.filter((word) => word.includes(pattern)),
    stat: (path) => this.stat(path),
    fstat: (fd) => this.stat(this.open.get(fd) ?? '')!,
    open: (path, flags) => {
      if (!this.files.has(path) && !this.directories.has(path)) throw failure('open', ENOENT, path);
      // fifo(7): nobody reads at the other end.
      const writes = flags === (O_WRONLY | O_NONBLOCK);
      if (writes && (!this.alive || this.started)) throw failure('open', ENXIO, path);
      return this.descriptor(path);
    },
    close: (fd) => void this.open.delete(fd),
    flock: () => true,
    fsType: (path) => {
      if (this.directories.has(path)) return TMPFS_MAGIC;
      throw failure('statfs', ENOENT, path);
    },
    poll: (fds) => fds.map(() => (this.alive ? 0 : 1)),
    identity: () => [0, 0, 0, 0, 1, 0],
    uname: () => ['Linux', 'host', '6.1.0', '', 'x86_64'],
    clock: () => [1_700_000_000, 5],
    setSubreaper: (on) => {
      this.subreaper = on;
    },
    catchSignals: () => {},
    inherited: () => ({ nofileSoft: 1024, nofileHard: 1024, fds: [] }),
    processStat: (pid) =>
      this.alive && pid === this.pid
        ? { name: this.program, state: 'S', ppid: 1, threads: 1, exiting: false, startTime: 99 }
        : null,
    pidfdOpen: () => {
      if (!this.alive) throw failure('pidfd_open', ESRCH);
      return this.descriptor('pidfd');
    },
    pidfdSignal: (_, signal) => {
      if (!this.alive) throw failure('pidfd_send_signal', ESRCH);
      if (signal === SIGKILL) this.alive = false;
    },
    wait: () => 137,
    commandTo: (path, _args, _env, _cwd, stdin) => {
      this.commands.push({ path, input: stdin });
      const status = path === '/fail' ? 1 : 0;
      return { status, signal: 0, timedOut: false, stdout: '', stderr: status === 0 ? '' : 'no\n' };
    },
    prepareSpawn: () => {},
    beginSpawn: () => {
      this.begun = true;
      this.socket = this.descriptor('socket');
      return this.socket;
    },
    sendPlan: () => {},
    endSpawn: () => {
      if (!this.begun) throw failure('clone3', ECANCELED);
      this.begun = false;
      this.alive = true;
      return { pid: this.pid, pidfd: this.descriptor('pidfd'), socket: this.socket };
    },
    send: () => {},
    sendReply: (_socket, _kind, texts) => void this.replies.push(texts),
    encodePlan: (_magic, _layout, steps) => {
      this.parts.push(steps);
      return new Uint8Array();
    },
    receive: () => {
      this.beforeReceive();
      const next = this.messages.shift();
      if (next === undefined) throw new Error('init has nothing more to say');
      if (next?.kind === MessageKind.starting) this.started = true;
      return next;
    },
    foreground: () => {
      this.alive = false;
      return { kind: 'exited', status: this.exitStatus };
    },
  };
}
