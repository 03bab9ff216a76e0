// Medians and minima of what bench/measure.cc printed.

const median = (sorted) =>
  sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;

/** Milliseconds of several runs as { median, minimum, count }. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: median(sorted), minimum: sorted[0], count: sorted.length };
}

/**
 * Reads measure's output: lines `ROUND OPERATION CONFIG RUNTIME <tab> nanoseconds <tab> status <tab> KiB <tab> microseconds of processor time`.
 * @returns rows { round, operation, config, runtime, ms, status, peak, cpu }; `failures`: the lines of commands that failed.
 */
export function parse(output) {
  const rows = [];
  const failures = [];
  for (const text of output.split('\n')) {
    const [label = '', nanoseconds, status, peak, cpu] = text.split('\t');
    const [round, operation, config, runtime] = label.split(' ');
    if (nanoseconds === undefined) continue;
    const row = {
      round: Number(round),
      operation,
      config,
      runtime,
      ms: nanoseconds / 1e6,
      status: Number(status),
      peak: Number(peak),
      cpu: cpu / 1e3,
    };
    if (row.status !== 0) failures.push(row);
    if (runtime !== undefined) rows.push(row);
  }
  return { rows, failures };
}

/** Rows of a `cycle` for every round, configuration and runtime: create, start, kill and delete together. */
export function cycles(rows) {
  const sums = new Map();
  for (const { round, operation, config, runtime, ms, peak, cpu } of rows) {
    if (!['create', 'start', 'kill', 'delete'].includes(operation)) continue;
    const key = `${round} ${config} ${runtime}`;
    const sum = sums.get(key) ?? { round, operation: 'cycle', config, runtime, ms: 0, status: 0, peak: 0, cpu: 0 };
    sum.ms += ms;
    sum.cpu += cpu;
    sum.peak = Math.max(sum.peak, peak);
    sums.set(key, sum);
  }
  return [...sums.values()];
}

/** { operation, config } in the order of the rows, each with `of`: by runtime { median, minimum, count, peak, cpu }, the last two as medians. */
export function tabulate(rows) {
  const table = new Map();
  for (const { operation, config, runtime, ms, status, peak, cpu } of rows) {
    if (status !== 0) continue;
    const key = `${operation} ${config}`;
    if (!table.has(key)) table.set(key, { operation, config, of: {} });
    const of = table.get(key).of;
    of[runtime] ??= { times: [], peaks: [], cpus: [] };
    of[runtime].times.push(ms);
    of[runtime].peaks.push(peak);
    of[runtime].cpus.push(cpu);
  }
  for (const { of } of table.values())
    for (const [runtime, { times, peaks, cpus }] of Object.entries(of))
      of[runtime] = { ...summary(times), peak: summary(peaks).median, cpu: summary(cpus).median };
  return [...table.values()];
}
