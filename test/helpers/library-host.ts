/**
 * A host program with signals, children and timers of its own, which uses the client in between. Prints what it saw, as JSON.
 * Usage: node library-host.js RUNTIME ROOT CONFIG.JSON
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { OciRuntime, type Spec } from '../../src/library/index.js';
import { openDescriptors } from './open-descriptors.js';

const [command = '', root = '', configFile = ''] = process.argv.slice(2);
const spec = JSON.parse(readFileSync(configFile, 'utf8')) as Spec;
const withArgs = (...args: string[]): Spec => ({ ...spec, process: { ...spec.process, cwd: '/', args } });

/** The signals of this process: what is caught, ignored and blocked, by each of its threads that was there from the start. */
const signals = (): string[] =>
  readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .filter((line) => /^Sig(?:Cgt|Ign|Blk):/.test(line));

const listeners = (): Record<string, number> =>
  Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]));

const seen: Record<string, number> = {};
for (const name of ['SIGCHLD', 'SIGTERM', 'SIGWINCH', 'SIGHUP', 'SIGINT', 'SIGUSR2'] as const) {
  process.on(name, () => {
    seen[name] = (seen[name] ?? 0) + 1;
  });
}

/** A child of the host, and how it ended. */
const child = (script: string): Promise<string> =>
  new Promise((resolve) => {
    spawn('/bin/sh', ['-c', script], { stdio: 'ignore' }).once('exit', (code, signal) => resolve(`${code} ${signal}`));
  });

let ticks = 0;
const timer = setInterval(() => ticks++, 5);

const runtime = new OciRuntime({ command, root });
// What Node.js itself opens at the first child stays.
await child('exit 0');
await runtime.version();
await runtime.run('warm', withArgs('true'));
const before = { signals: signals(), descriptors: openDescriptors(), listeners: listeners() };

const children = [child('sleep 0.3; exit 3'), child('kill -9 $$'), child('sleep 1; exit 5')];
const ran = await runtime.run('one', withArgs('sh', '-c', 'sleep 0.2; exit 4'));
// The process ends only when a timer of this program has had its turn.
const answered = runtime.run('two', withArgs('sh', '-c', 'read x; echo $x'), { stdin: 'pipe' });
const ticksBefore = ticks;
setTimeout(() => answered.stdin.end('answer\n'), 100);
const { stdout } = await answered;
const ticksWhile = ticks - ticksBefore;

const made = await runtime.create('three', withArgs('sleep', '1000'));
const end = made.wait();
await runtime.start('three');
const execs = await Promise.all(
  Array.from({ length: 20 }, (_, index) => runtime.exec('three', ['sh', '-c', `exit ${index}`])),
);
const terminal = runtime.exec('three', ['stty', 'size'], { terminal: { columns: 44, rows: 22 } });
const output = (await terminal.terminal.toArray()).join('');
await terminal;
const inner = await runtime.exec('three', ['stty', 'size'], { detach: true, terminal: true });
await inner.terminal.toArray();
const aborted = await runtime
  .exec('three', ['sleep', '1000'], { signal: AbortSignal.timeout(50) })
  .catch((error) => (error as Error).name);
await runtime.kill('three', 'KILL');
const ended = await end;
await runtime.delete('three');
await runtime.run('four', withArgs('no-such-program')).catch(() => {});

const after = { signals: signals(), descriptors: openDescriptors(), listeners: listeners() };
const ends = await Promise.all(children);
// What a library that had waited for children of its host would make impossible.
const sync = execFileSync('/bin/sh', ['-c', 'echo sync'], { encoding: 'utf8', timeout: 60_000 });
const later = await child('exit 6');
for (const name of ['SIGTERM', 'SIGWINCH', 'SIGHUP', 'SIGINT', 'SIGUSR2'] as const) {
  const count = seen[name] ?? 0;
  process.kill(process.pid, name);
  while ((seen[name] ?? 0) === count) await new Promise((resolve) => setImmediate(resolve));
}
clearInterval(timer);
console.log(
  JSON.stringify({
    ...{ before, after, ends, sync, later, seen, ticksWhile, stdout, output, aborted, ended },
    statuses: [ran.exitCode, ...execs.map(({ exitCode }) => exitCode)],
  }),
);
