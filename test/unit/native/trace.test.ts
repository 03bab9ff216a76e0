import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ENOENT } from '../../../src/base/errno.js';
import type { Recording } from '../../../src/container/trace/recording.js';
import { traceTexts } from '../../../src/container/trace/trace-texts.js';
import { nodeNative } from '../../../src/hosts/node/host.js';

const native = nodeNative();

const directory = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'tsrunc-trace-'));
t.teardown(() => native.removeTree(directory));

/** The events of what is written for a recording. */
function written(...[recording, title, pid]: Parameters<typeof traceTexts>): Event[] {
  const file = join(directory, 'trace.json');
  const fd = openSync(file, 'w');
  native.writeTrace(fd, traceTexts(recording, title, pid));
  closeSync(fd);
  const { displayTimeUnit, traceEvents } = JSON.parse(readFileSync(file, 'utf8'));
  t.equal(displayTimeUnit, 'ns');
  return traceEvents;
}

interface Event {
  readonly name: string;
  readonly ts?: number;
  readonly args?: Record<string, string>;
}

/** 2 cycles are a nanosecond. */
const recording: Recording = {
  began: [1_000_000, 5_000_000],
  ended: [1_200_000, 5_100_000],
  phases: [
    { name: 'run', begin: 1_000_000 },
    { name: 'execute the program', begin: 1_150_000 },
  ],
  errors: [],
  pointers: new Map(),
  processes: [
    {
      pid: 8,
      plan: {
        slots: [],
        warnings: [],
        steps: [
          { step: 'setsid', pointer: '' },
          { step: 'hostname', name: 'here', pointer: '/hostname' },
          { step: 'exec', args: ['/bin/true'], env: [], preserve: 0, pointer: '/process/args' } as never,
          { step: 'setsid', pointer: '' },
        ],
      },
      times: [1_040_000, 1_041_000, 1_041_000, 1_043_013, 1_100_000, 0, 0, 0],
    },
  ],
};

t.test('phases and steps as chrome://tracing reads them', async (t) => {
  const traceEvents = written(recording, 'tsrunc run', 7);
  const runtime = { pid: 7, tid: 7 };
  const init = { pid: 8, tid: 8, ph: 'X', cat: 'step' };
  t.same(traceEvents, [
    { name: 'process_name', ph: 'M', ...runtime, args: { name: 'tsrunc run' } },
    { name: 'run', cat: 'phase', ph: 'X', ts: 5000, dur: 75, ...runtime },
    { name: 'execute the program', cat: 'phase', ph: 'X', ts: 5075, dur: 25, ...runtime },
    { name: 'process_name', ph: 'M', pid: 8, tid: 8, args: { name: 'init' } },
    { name: 'setsid', ts: 5020, dur: 0.5, ...init },
    { name: 'hostname', ts: 5020.5, dur: 1.007, ...init, args: { pointer: '/hostname' } },
    // It has no end: the next phase of the runtime began when the program was executed.
    { name: 'exec', ts: 5050, dur: 25, ...init, args: { pointer: '/process/args', about: '/bin/true' } },
  ]);
});

t.test('calls', async (t) => {
  native.beginTrace();
  const began = native.traceClock();
  const strange = '/no"where\\\n\u00e9\u0001';
  native.isatty(0);
  t.throws(() => native.open(strange, 0, 0));
  native.stat('/', true);
  const ended = native.traceClock();
  const errors = native.endTrace();
  native.isatty(0);
  t.same(errors, [ENOENT]);
  const pointers = new Map([['/', '/root/path']]);
  const recording = { began, ended, errors, pointers, phases: [], processes: [] };
  const [title, ...calls] = written(recording, 'tsrunc state', 7);
  t.match(title, { name: 'process_name' });
  t.match(calls, [
    { name: 'isatty', cat: 'call', ph: 'X', pid: 7, tid: 7, args: undefined },
    { name: 'open', args: { path: strange, error: 'no such file or directory', pointer: undefined } },
    { name: 'stat', args: { path: '/', pointer: '/root/path', error: undefined } },
  ]);
  t.equal(calls.length, 3, 'neither our own, nor those after the end');
  const [first = 0, ...later] = calls.map(({ ts }) => ts ?? 0);
  t.ok(first >= Math.floor(began[1]! / 1000));
  t.ok(later.every((ts, i) => ts >= [first, ...later][i]!));
  t.ok(later.every((ts) => ts <= ended[1]! / 1000));
});

t.test('more calls than are kept before they are written', async (t) => {
  native.beginTrace();
  const began = native.traceClock();
  for (let i = 0; i < 1000; i++) native.stat(`/nowhere/${i}`, true);
  const recording = {
    began,
    ended: native.traceClock(),
    errors: native.endTrace(),
    pointers: new Map(),
    phases: [],
    processes: [],
  };
  const [, ...calls] = written(recording, 'tsrunc list', 7);
  t.same(
    calls.map(({ args }) => args?.path),
    Array.from({ length: 1000 }, (_, i) => `/nowhere/${i}`),
  );
});

t.test('what cannot be written', async (t) => {
  const texts = { pid: 7, title: '', pointers: [], errors: [], errorTexts: [] };
  const clock = [1, 2, 3, 4];
  t.throws(() => native.writeTrace(1, { ...texts, clock, spans: ['', '', ''], spanNumbers: [1] }), /invalid argument/);
  t.throws(() => native.writeTrace(1, { ...texts, clock: [], spans: [], spanNumbers: [] }), /invalid argument/);
  const full = openSync('/dev/full', 'w');
  t.throws(() => native.writeTrace(full, { ...texts, clock, spans: [], spanNumbers: [] }), /no space left on device/);
  closeSync(full);
});
