/** Where the bench says that the time of a run goes. */
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

interface Part {
  name: string;
  median: number;
}

interface Event {
  name: string;
  ph: string;
  cat: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
}

const { timeParts } = (await import(join(project, 'bench/time-parts.mjs'))) as {
  timeParts(traces: { traceEvents: Event[] }[]): {
    phases: (Part & { script: number })[];
    calls: Part[];
    steps: Part[];
  };
};

const runtime = 7;

function trace(slower: number): { traceEvents: Event[] } {
  const event = (cat: string, tid: number, name: string, ts: number, dur: number): Event => {
    return { name, ph: 'X', cat, pid: runtime, tid, ts, dur: dur * slower };
  };
  return {
    traceEvents: [
      event('call', runtime, 'stat', 10, 2),
      event('call', runtime, 'readFile', 20, 8),
      event('call', runtime, 'stat', 120, 4),
      event('phase', runtime, 'read', 0, 100),
      event('phase', runtime, 'plan', 110, 50),
      event('call', 0, 'clone3', 30, 40),
      event('step', 9, 'mount-fs', 130, 5),
      event('step', 9, 'mount-fs', 140, 6),
    ],
  };
}

t.test('phases, what of them is none of their calls, calls and steps, as medians', async (t) => {
  const { phases, calls, steps } = timeParts([trace(1), trace(1), trace(1.5)]);
  t.same(phases, [
    { name: 'read', median: 100, script: 90 },
    { name: 'plan', median: 50, script: 46 },
  ]);
  t.same(calls, [
    { name: 'readFile', median: 8 },
    { name: 'stat', median: 6 },
  ]);
  t.same(steps, [
    { name: 'before its first step: clone3', median: 40 },
    { name: 'mount-fs', median: 11 },
  ]);
});
