/**
 * A program that uses the low level of the library, and has children, signal handlers and timers of its own. Prints as JSON what it is
 * before and after, and what became of its own. Arguments: `control`, or the --root and the ids of a created and of a running container;
 * last the path of a fifo.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { nodeNative } from '../../src/hosts/node/host.js';
import { InProcessRuntime } from '../../src/library/native.js';

/** What of /proc/self/status may change at any time without anybody doing anything. */
const restless = /^(Vm|Rss|Hugetlb|Threads|State|voluntary|nonvoluntary|SigQ|SigPnd|ShdPnd|untag|CoreDumping|THP)/;

function snapshot(keyring = sessionKeyring()): Record<string, unknown> {
  const read = (name: string) => readFileSync(`/proc/self/${name}`, 'utf8');
  const links = (directory: string) =>
    readdirSync(`/proc/self/${directory}`).flatMap((name) => {
      try {
        return [`${name} ${readlinkSync(`/proc/self/${directory}/${name}`)}`];
      } catch {
        return [];
      }
    });
  const children = readdirSync('/proc/self/task').map((task) => read(`task/${task}/children`));
  return {
    status: read('status')
      .split('\n')
      .filter((line) => !restless.test(line)),
    descriptors: links('fd'),
    namespaces: links('ns'),
    cwd: process.cwd(),
    limits: read('limits'),
    cgroup: read('cgroup'),
    oom: read('oom_score_adj'),
    slack: read('timerslack_ns'),
    stat: read('stat').split(') ').at(-1)!.split(' ').slice(1, 5),
    priority: read('stat').split(') ').at(-1)!.split(' ').slice(15, 17),
    keyring,
    children: children.join(' ').trim(),
    environment: { ...process.env },
    mask: process.umask(),
  };
}

/** The session keyring, which a child inherits: keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING). */
function sessionKeyring(): string {
  const call = process.arch === 'arm64' ? 219 : 250;
  const script = `import ctypes; print(ctypes.CDLL(None).syscall(${call}, 0, -3, 0))`;
  return execFileSync('python3', ['-c', script], { encoding: 'utf8' });
}

const [mode = '', ...rest] = process.argv.slice(2);
const got: string[] = [];
// What waits for a signal keeps no program alive.
setInterval(() => {}, 1000);
const signals = ['SIGUSR1', 'SIGHUP', 'SIGTERM', 'SIGWINCH', 'SIGCHLD'] as const;
for (const name of signals) process.on(name, () => got.push(name));

/** Does something while children of ours run, and then sees whether everybody is still told of what is theirs. */
async function among(name: string, act: () => unknown): Promise<unknown> {
  const early = spawn('sh', ['-c', 'exit 7']);
  const late = spawn('sh', ['-c', 'read line; exit 8'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exits = Promise.all([once(early, 'exit'), once(late, 'exit')]);
  let result: unknown;
  try {
    result = act() ?? null;
  } catch (error) {
    result = `${(error as { code?: string }).code}: ${(error as Error).message}`;
  }
  late.stdin!.end('now\n');
  const from = got.length;
  const [first, second] = await exits;
  for (const signal of signals.slice(0, 4)) {
    const arrived = once(process, signal);
    process.kill(process.pid, signal);
    await arrived;
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
  const shell = execFileSync('sh', ['-c', 'echo $(( 6 * 7 ))'], { encoding: 'utf8', timeout: 60_000 }).trim();
  const told = got.slice(from).filter((signal) => signal !== 'SIGCHLD').length;
  return { name, result, exits: [first[0], second[0]], told, shell };
}

/** The parent of an orphan: us if we were made a subreaper. */
async function adopter(fifo: string): Promise<number> {
  const orphan = `sleep 0.1; read pid name state ppid rest < /proc/$$/stat; echo $ppid > ${fifo}`;
  execFileSync('sh', ['-c', `sh -c '${orphan}' > /dev/null 2>&1 &`]);
  return Number(await readFile(fifo, 'utf8'));
}

if (mode === 'control') {
  const before = snapshot();
  nodeNative().catchSignals();
  // No command that is waited for would return any more.
  console.log(JSON.stringify({ before, after: snapshot('') }));
  process.exit(0);
}

const [root = '', created = '', running = '', fifo = ''] = rest;
// Node.js itself starts threads and opens descriptors when it needs them first.
await among('warm up', () => {});
const before = snapshot();
const warnings: string[] = [];
const runtime = new InProcessRuntime({ root, warn: ({ message }) => warnings.push(message) });
const after = (act: () => void, look: () => unknown): unknown => {
  act();
  return look();
};
let ticks = 0;
const ticking = setInterval(() => ticks++, 1);
const operations: Record<string, () => unknown> = {
  state: () => runtime.state(running).status,
  list: () => runtime.list().states.map(({ status }) => status),
  processes: () => runtime.processes(running).length,
  stats: () => runtime.stats(running).pids.current,
  pause: () =>
    after(
      () => runtime.pause(running),
      () => runtime.state(running).status,
    ),
  resume: () =>
    after(
      () => runtime.resume(running),
      () => runtime.state(running).status,
    ),
  update: () =>
    after(
      () => runtime.update(running, { pids: { limit: 77 } }),
      () => runtime.stats(running).pids.limit,
    ),
  features: () => runtime.features().ociVersionMax,
  host: () => runtime.host().uid,
  'kill with 0': () => runtime.kill(running, 0),
  start: () =>
    after(
      () => runtime.start(created),
      () => runtime.state(created).status,
    ),
  'start again': () => runtime.start(created),
  'kill by an unknown name': () => runtime.kill(created, 'NOTHING'),
  'update to nonsense': () => runtime.update(running, { pids: { limit: 'many' as never } }),
  'kill all': () => runtime.kill(running, 'SIGKILL', { all: true }),
  'delete a running one': () => runtime.delete(created),
  'delete by force': () => runtime.delete(created, { force: true }),
  'delete by force again': () => runtime.delete(created, { force: true }),
  'delete an ended one': () => runtime.delete(running, { force: true }),
  'state of none': () => runtime.state(running),
  'list of none': () => runtime.list().states,
};
const results: unknown[] = [];
for (const [name, act] of Object.entries(operations)) results.push(await among(name, act));
const seen = ticks;
while (ticks < seen + 5) await new Promise((resolve) => setTimeout(resolve, 1));
clearInterval(ticking);
const now = snapshot();
console.log(
  JSON.stringify({
    before,
    after: now,
    results,
    warnings,
    ticks: ticks - seen,
    adopter: await adopter(fifo),
    pid: process.pid,
  }),
);
// A signal that nobody handles has its default action.
process.kill(process.pid, 'SIGINT');
