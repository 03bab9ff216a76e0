// Where the time of a command goes, by what --trace tells of many runs of it: phases of the runtime, its calls, the steps of init.

const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];

/** Sums by name of what each run has. */
function sums(runs) {
  const names = new Set(runs.flatMap((run) => Object.keys(run)));
  return [...names].map((name) => ({ name, median: median(runs.map((run) => run[name] ?? 0)) }));
}

function totals(spans, name) {
  const found = {};
  for (const span of spans) found[name(span)] = (found[name(span)] ?? 0) + span.dur;
  return found;
}

function partsOf({ traceEvents }) {
  const spans = traceEvents.filter(({ ph }) => ph === 'X');
  const calls = spans.filter(({ cat, pid, tid }) => cat === 'call' && pid === tid);
  const steps = spans.filter(({ cat }) => cat === 'step');
  const thread = spans.filter(({ cat, tid }) => cat === 'call' && tid === 0);
  const phases = spans.filter(({ cat }) => cat === 'phase');
  const within = (phase) => calls.filter(({ ts }) => ts >= phase.ts && ts < phase.ts + phase.dur);
  const took = (list) => list.reduce((sum, { dur }) => sum + dur, 0);
  return {
    phase: totals(phases, ({ name }) => name),
    script: Object.fromEntries(phases.map((phase) => [phase.name, phase.dur - took(within(phase))])),
    call: totals(calls, ({ name }) => name),
    step: totals([...thread, ...steps], ({ name, cat }) => (cat === 'step' ? name : `before its first step: ${name}`)),
  };
}

/**
 * @param traces of the same command, as --trace writes them
 * @returns medians in µs: phases in their order, `script`: what of a phase is none of its calls; calls and steps, the longest first
 */
export function timeParts(traces) {
  const runs = traces.map(partsOf);
  const longest = (list) => list.sort((one, other) => other.median - one.median);
  const scripts = new Map(sums(runs.map(({ script }) => script)).map(({ name, median }) => [name, median]));
  const phases = sums(runs.map(({ phase }) => phase));
  return {
    phases: phases.map(({ name, median }) => ({ name, median, script: scripts.get(name) ?? 0 })),
    calls: longest(sums(runs.map(({ call }) => call))),
    steps: longest(sums(runs.map(({ step }) => step))),
  };
}
