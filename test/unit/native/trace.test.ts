import { closeSync, mkdtempSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Trace } from '../../../src/container/trace/trace.js';
import { nodeNative } from '../../../src/hosts/node/host.js';
import type { ProcessPlan } from '../../../src/plan/plan.js';

const native = nodeNative();

const directory = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'tsrunc-trace-'));
t.teardown(() => native.removeTree(directory));
const file = join(directory, 'trace.json');

interface Event {
  readonly name: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Record<string, string>;
}

/** The events that a trace writes. */
function written(trace: Trace, title: string): Event[] {
  const fd = openSync(file, 'r+');
  trace.write(fd, title);
  closeSync(fd);
  return events();
}

function events(): Event[] {
  const { displayTimeUnit, traceEvents } = JSON.parse(readFileSync(file, 'utf8'));
  t.equal(displayTimeUnit, 'ns');
  return traceEvents;
}

t.beforeEach(() => closeSync(openSync(file, 'w')));

/** Writes into the memory of a trace when steps began and ended, as init does: two numbers for each, in cycles. */
function noteSteps(trace: Trace, times: readonly number[]): void {
  writeSync(trace.stepTimes(), new BigUint64Array(times.map(BigInt)));
}

/** The processor's counter, a moment ago: where a phase lies between steps whose cycles are known. */
function cycles(): number {
  const trace = new Trace(native, 'run');
  const [one, other] = [4e15, 4.4e15];
  noteSteps(trace, [one, one, other, other]);
  const steps = [0, 1].map(() => ({ step: 'setsid' as const, pointer: '' }));
  trace.process({ slots: [], warnings: [], steps }, 8);
  const spans = written(trace, 'tsrunc run');
  const phase = spans.find(({ name }) => name === 'run')!.ts!;
  const [first, last] = spans.filter(({ name }) => name === 'setsid').map(({ ts = 0 }) => ts) as [number, number];
  return Math.round(one - ((other - one) * (first - phase)) / (last - first));
}

const plan: ProcessPlan = {
  slots: [],
  warnings: [],
  steps: [
    { step: 'setsid', pointer: '' },
    { step: 'hostname', name: 'here', pointer: '/hostname' },
    { step: 'find-executable', name: 'true', path: '', pointer: '/process/args/0' },
    { step: 'setsid', pointer: '' },
    { step: 'exec', args: ['true'], env: [], preserve: 0, pointer: '/process/args' },
  ],
};

t.test('phases and steps as chrome://tracing reads them', async (t) => {
  const before = cycles();
  const trace = new Trace(native, 'run');
  // All before the first phase. The fourth step wasn't begun, the last one not ended.
  const [one, two, three, five] = [1, 2, 3, 5].map((n) => before + n * 100) as [number, number, number, number];
  noteSteps(trace, [one, two, two, three, three, five, 0, 0, five, 0]);
  trace.process(plan, 8);
  trace.phase('execute the program');
  const traceEvents = written(trace, 'tsrunc run');
  const runtime = { pid: process.pid, tid: process.pid };
  const init = { pid: 8, tid: 8, ph: 'X', cat: 'step' };
  t.match(traceEvents, [
    { name: 'process_name', ph: 'M', ...runtime, args: { name: 'tsrunc run' } },
    { name: 'stepTimes', cat: 'call', ph: 'X', ...runtime },
    { name: 'run', cat: 'phase', ph: 'X', ...runtime, args: undefined },
    { name: 'execute the program', cat: 'phase', ph: 'X', ...runtime },
    { name: 'process_name', ph: 'M', pid: 8, tid: 8, args: { name: 'init' } },
    { name: 'setsid', ...init, args: undefined },
    { name: 'hostname', ...init, args: { pointer: '/hostname', about: undefined } },
    { name: 'find-executable', ...init, args: { pointer: '/process/args/0', about: 'true' } },
    { name: 'exec', ...init, args: { pointer: '/process/args', about: 'true' } },
  ]);
  t.equal(traceEvents.length, 9);
  const [, , run, execute, , setsid, hostname, find, exec] = traceEvents.map(({ ts = 0, dur = 0 }) => ({
    begin: ts,
    end: ts + dur,
    dur,
  }));
  const near = (one: number, other: number, what: string) =>
    t.ok(Math.abs(one - other) < 0.003, `${what}: ${one} ${other}`);
  near(run!.end, execute!.begin, 'one phase after the other');
  near(setsid!.end, hostname!.begin, 'one step after the other');
  near(setsid!.dur, hostname!.dur, 'as many cycles');
  near(find!.dur, 2 * setsid!.dur, 'twice as many');
  near(exec!.end, run!.begin, 'a step without an end lasts until the next phase begins');
});

t.test('times', async (t) => {
  const before = cycles();
  const trace = new Trace(native, 'run');
  // Among so many there is every kind of fraction, those that begin with zeros, too.
  const steps = Array.from({ length: 3000 }, () => ({ step: 'setsid' as const, pointer: '' }));
  const begins = steps.map((_, i) => before + 1_000_001 * i);
  noteSteps(
    trace,
    begins.flatMap((begin, i) => [begin, begin + 37 * i]),
  );
  trace.process({ slots: [], warnings: [], steps }, 8);
  const spans = written(trace, 'tsrunc run').filter(({ name }) => name === 'setsid');
  t.equal(spans.length, steps.length);
  const { ts: first = 0 } = spans[0]!;
  const perCycle = (spans.at(-1)!.ts! - first) / (begins.at(-1)! - begins[0]!);
  const wrong = spans.filter(({ ts = 0, dur = 0 }, i) => {
    const expected = first + perCycle * (begins[i]! - begins[0]!);
    return !(Math.abs(ts - expected) < 0.003 && Math.abs(dur - perCycle * 37 * i) < 0.003);
  });
  t.same(wrong, []);
});

t.test('calls', async (t) => {
  const trace = new Trace(native, 'state');
  const strange = '/no"where\\\n\u00e9\u0001';
  native.traceField('/', '/root/path');
  native.traceField('/', '/another');
  native.isatty(0);
  t.throws(() => native.open(strange, 0, 0));
  native.stat('/', true);
  const [title, ...calls] = written(trace, 'tsrunc state');
  native.isatty(0);
  const phase = calls.pop()!;
  t.match(title, { name: 'process_name' });
  t.match(calls, [
    { name: 'isatty', cat: 'call', ph: 'X', pid: process.pid, tid: process.pid, args: undefined },
    { name: 'open', args: { path: strange, error: 'no such file or directory', pointer: undefined } },
    { name: 'stat', args: { path: '/', pointer: '/root/path', error: undefined } },
  ]);
  t.equal(calls.length, 3, 'neither our own, nor those after the end');
  t.match(phase, { name: 'state', cat: 'phase' });
  let before = phase.ts ?? 0;
  for (const { ts = 0, dur = 0 } of calls) {
    t.ok(ts >= before - 0.003);
    before = ts + dur;
  }
  t.ok(before <= phase.ts! + phase.dur! + 0.003);
});

t.test('more calls than are kept before they are written, and a longer path than that', async (t) => {
  const trace = new Trace(native, 'list');
  for (let i = 0; i < 1000; i++) native.stat(`/nowhere/${i}`, true);
  const long = `/${'"'.repeat(40_000)}`;
  t.throws(() => native.stat(long, true));
  const paths = written(trace, 'tsrunc list').flatMap(({ args }) => args?.path ?? []);
  t.same(paths, [...Array.from({ length: 1000 }, (_, i) => `/nowhere/${i}`), long]);
});

t.test('a file that was longer', async (t) => {
  const fd = openSync(file, 'w');
  writeSync(fd, 'x'.repeat(100_000));
  closeSync(fd);
  t.equal(written(new Trace(native, 'list'), 'tsrunc list').length, 2);
});

t.test('what cannot be written', async (t) => {
  t.throws(() => native.writeTrace(1, '', []), /invalid argument/, 'there is none');
  t.throws(() => native.stepTimes(), /invalid argument/);
  native.tracePhase('of none');
  const full = openSync('/dev/full', 'w');
  t.throws(() => new Trace(native, 'list').write(full, ''), /no space left on device/);
  closeSync(full);
});
