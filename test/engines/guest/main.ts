/**
 * Runs in the test machine: cases of engines, each with every runtime, several at a time. What it is to do comes as JSON in
 * its first argument; what it finds goes to stdout, a line of JSON for each case and runtime.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Driver, type Engine, type Runtime, Skip } from './case.js';
import { command } from './command.js';
import { engines } from './engines.js';

export interface Task {
  readonly drivers: readonly Driver[];
  readonly runtimes: readonly Runtime[];
  /** `docker`, `docker:limit`: engines, or the cases of one whose name holds the word. None: all. */
  readonly select: readonly string[];
  readonly quick: boolean;
  /** How many cases run at a time. */
  readonly jobs: number;
  /** Seconds after which no case is begun; 0: no limit. */
  readonly seconds: number;
  /** What is not to be run: an earlier run has done it. */
  readonly done: readonly Tried[];
}

/** Which case, and what it is run with. */
export interface Tried {
  readonly engine: string;
  readonly driver: Driver;
  readonly runtime: Runtime;
  readonly case: string;
}

export interface Result extends Tried {
  readonly result: 'ok' | 'fail' | 'skip';
  /** Why it isn't ok; the figures of one that is. */
  readonly reason: string;
  readonly seconds: number;
}

const paths: Record<Runtime, string> = { tsrunc: '/usr/local/bin/tsrunc', runc: '/usr/sbin/runc' };
const scratch = '/var/tmp/engines';
const task = JSON.parse(process.argv[2]!) as Task;

const control: Runtime = 'runc';
/**
 * The short run, and every driver after the first, ask the control only about what the others failed: only there does its
 * result count.
 */
const controlOnlyOnFailure = (driver: Driver) => task.runtimes.length > 1 && (task.quick || driver !== task.drivers[0]);

const tell = (line: Result | { say: string }) => console.log(JSON.stringify(line));

const selected = (engine: string, name: string) =>
  task.select.length === 0 ||
  task.select.some((word) => {
    const [wanted] = word.split(':', 1);
    return wanted === engine && name.includes(word.slice(engine.length + 1));
  });

let names = 0;

const over = `the ${task.seconds} s for all cases were over`;
let late = task.seconds > 0 ? Date.now() + 1000 * task.seconds : Number.POSITIVE_INFINITY;
/** How much longer second tries may go on, ms. */
const patience = 120_000;

/** Runs one case with one runtime; never throws. */
async function runCase(
  engine: Engine,
  one: Engine['cases'][number],
  driver: Driver,
  runtime: Runtime,
): Promise<Result> {
  const since = process.hrtime.bigint();
  const name = `e${++names}-${runtime}`;
  const directory = join(scratch, name);
  const own = 1000 * (one.seconds ?? 300);
  const signal = AbortSignal.timeout(Math.max(0, Math.min(own, late + 60_000 - Date.now())));
  const found = (result: Result['result'], reason: string): Result => {
    const seconds = Number(process.hrtime.bigint() - since) / 1e9;
    return { engine: engine.name, driver, runtime, case: one.name, result, reason, seconds };
  };
  if (Date.now() > late) return found('skip', `not begun: ${over}`);
  try {
    await mkdir(directory, { recursive: true });
    const figures = await engine.run(one.name, { runtime, path: paths[runtime], driver, name, directory, signal });
    return found('ok', typeof figures === 'string' ? figures : '');
  } catch (error) {
    if (error instanceof Skip) return found('skip', error.message);
    if (signal.aborted && Date.now() > late) return found('skip', `cut short: ${over}`);
    const why = signal.aborted ? 'out of time: ' : '';
    return found('fail', why + (error instanceof Error ? error.message : String(error)).slice(0, 2000));
  } finally {
    await rm(directory, { recursive: true, force: true }).catch(() => {});
  }
}

/** Does all of `work`, `jobs` at a time, in its order. */
async function pool(work: readonly (() => Promise<void>)[], jobs: number): Promise<void> {
  const queue = [...work];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await next();
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

/** What is left once the engine has had half a minute: it tidies up behind the answers that it gives. */
async function leftInTime(engine: Engine, runtime: Runtime): Promise<string[]> {
  const end = Date.now() + 30_000;
  for (;;) {
    const left = await engine.left(runtime);
    if (left.length === 0 || Date.now() > end) return [...left];
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function runEngine(engine: Engine, driver: Driver): Promise<void> {
  const done = (name: string, runtime: Runtime) =>
    task.done.some(
      (one) => one.engine === engine.name && one.driver === driver && one.runtime === runtime && one.case === name,
    );
  const runtimes = task.runtimes.filter((runtime) => runtime !== control || !controlOnlyOnFailure(driver));
  const runtimesOf = ({ name }: { name: string }) => runtimes.filter((runtime) => !done(name, runtime));
  const cases = engine.cases.filter(
    (one) =>
      selected(engine.name, one.name) &&
      (one.quick || !task.quick) &&
      (one.drivers ?? [driver]).includes(driver) &&
      runtimesOf(one).length > 0,
  );
  if (cases.length === 0) return;
  const since = Date.now();
  const took = () => `${((Date.now() - since) / 1000).toFixed(0)} s`;
  await engine.begin(driver);
  tell({ say: `${engine.name} is up with the ${driver} driver, after ${took()}` });
  const again: (() => Promise<void>)[] = [];
  const tryCase = (one: Engine['cases'][number], runtime: Runtime) => async () => {
    const first = await runCase(engine, one, driver, runtime);
    tell(first);
    if (first.result !== 'fail') return;
    if (controlOnlyOnFailure(driver) && runtime !== control)
      again.push(async () => tell(await runCase(engine, one, driver, control)));
    again.push(async () => {
      const second = await runCase(engine, one, driver, runtime);
      if (second.result === 'ok') tell({ ...second, reason: `at the second try; the first: ${first.reason}` });
    });
  };
  const jobs = (alone: boolean) =>
    cases
      .filter((one) => Boolean(one.alone) === alone)
      .flatMap((one) => runtimesOf(one).map((runtime) => tryCase(one, runtime)));
  await pool(jobs(false), task.jobs);
  await pool(jobs(true), 1);
  // An emulated machine is slow enough for the engines' own time limits: what failed may try once more, by itself, and the
  // matrix says so.
  const end = late;
  if (again.length > 0) late = Math.max(late, Date.now() + patience);
  await pool(again, 1);
  late = end;
  for (const runtime of runtimes) {
    const left = await leftInTime(engine, runtime);
    const [result, reason] = left.length === 0 ? (['ok', ''] as const) : (['fail', left.join('; ')] as const);
    tell({ engine: engine.name, driver, runtime, case: 'nothing is left behind', result, reason, seconds: 0 });
  }
  await engine.end();
  tell({ say: `${engine.name} with the ${driver} driver is done, after ${took()}` });
}

// The engines' garbage collection is a good part of what they take under emulation; those that are started for one command
// gain by a thread less, too.
await command(['systemctl', 'set-environment', 'GOGC=800']);
Object.assign(process.env, { GOGC: '800', GOMAXPROCS: '1' });

for (const driver of task.drivers) {
  for (const engine of engines) {
    try {
      await runEngine(engine, driver);
    } catch (error) {
      tell({ say: `${engine.name} with the ${driver} driver broke off: ${error}` });
      process.exitCode = 1;
    }
  }
}
