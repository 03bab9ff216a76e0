/**
 * Runs in the test machine: each case with each runtime. What it is to do comes as JSON in its first argument; what it finds
 * goes to stdout, a line of JSON for each case and runtime.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Driver, type Engine, type Runtime, Skip } from '../../engines/guest/case.js';
import { command } from '../../engines/guest/command.js';
import { groups } from './groups.js';

interface Task {
  /** `GROUP:WORD`: the group's cases whose name holds the word; `GROUP`: all of its cases. None: everything. */
  readonly select: readonly string[];
  readonly runtimes: readonly Runtime[];
  readonly driver: Driver;
  readonly jobs: number;
  /** What another machine has done already, as `GROUP\nRUNTIME\nCASE`. */
  readonly done: readonly string[];
}

const task = JSON.parse(process.argv[2]!) as Task;
const paths: Record<Runtime, string> = { tsrunc: '/usr/local/bin/tsrunc', runc: '/usr/sbin/runc' };
const scratch = '/var/tmp/checkpoint';
const tell = (line: object) => console.log(JSON.stringify(line));
let names = 0;

const selected = (group: string, name: string) =>
  task.select.length === 0 ||
  task.select.some((word) => word.split(':', 1)[0] === group && name.includes(word.slice(group.length + 1)));

async function runCase(group: Engine, { name, seconds = 300 }: Engine['cases'][number], runtime: Runtime) {
  const since = Date.now();
  const ownName = `c${++names}-${runtime}`;
  const directory = join(scratch, ownName);
  const signal = AbortSignal.timeout(1000 * seconds);
  const found = (result: 'ok' | 'fail' | 'skip', reason: string) => {
    const took = (Date.now() - since) / 1000;
    tell({ engine: group.name, driver: task.driver, runtime, case: name, result, reason, seconds: took });
  };
  try {
    await mkdir(directory, { recursive: true });
    const context = { runtime, path: paths[runtime], driver: task.driver, name: ownName, directory, signal };
    const figures = await group.run(name, context);
    found('ok', typeof figures === 'string' ? figures : '');
  } catch (error) {
    if (error instanceof Skip) return found('skip', error.message);
    const why = signal.aborted ? 'out of time: ' : '';
    found('fail', why + (error instanceof Error ? error.message : String(error)).slice(0, 3000));
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

/** Whether anything is left after half a minute: engines tidy up behind their answers. */
async function leftInTime(group: Engine, runtime: Runtime): Promise<readonly string[]> {
  for (const end = Date.now() + 30_000; ; ) {
    const left = await group.left(runtime);
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function runGroup(group: Engine): Promise<void> {
  const chosen = group.cases
    .filter(({ name }) => selected(group.name, name))
    .flatMap((one) => task.runtimes.map((runtime) => ({ one, runtime })))
    .filter(({ one, runtime }) => !task.done.includes([group.name, runtime, one.name].join('\n')));
  if (chosen.length === 0) return;
  await group.begin(task.driver);
  for (const alone of [false, true]) {
    const queue = chosen.filter(({ one }) => (one.alone ?? false) === alone);
    const worker = async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await runCase(group, next.one, next.runtime);
    };
    await Promise.all(Array.from({ length: alone ? 1 : task.jobs }, worker));
  }
  for (const runtime of task.runtimes) {
    const left = await leftInTime(group, runtime);
    const [result, reason] = left.length === 0 ? ['ok', ''] : ['fail', left.join('; ')];
    const name = 'nothing is left behind';
    tell({ engine: group.name, driver: task.driver, runtime, case: name, result, reason, seconds: 0 });
  }
  await group.end();
}

await command(['systemctl', 'set-environment', 'GOGC=800']);
Object.assign(process.env, { GOGC: '800', GOMAXPROCS: '1' });
const release = await command(['uname', '-r']);
const versions = await Promise.all(
  ['criu', ...task.runtimes.map((runtime) => paths[runtime])].map(async (path) => await command([path, '--version'])),
);
tell({ say: `Linux ${release}, criu ${versions[0]!.split('\n')[0]!.replace('Version: ', '')}` });
for (const version of versions.slice(1)) tell({ say: version.split('\n')[0] });
for (const group of groups) await runGroup(group);
