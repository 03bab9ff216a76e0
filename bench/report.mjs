// The results as a table on a terminal and as docs/performance.md.

const ms = (value) => value.toFixed(value < 10 ? 2 : 1);
const ratio = (value) => `${value.toFixed(2)}x`;
const kib = (bytes) => (bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${bytes / 1024} KiB`);

/** Runtimes in the order of the columns; the floor, where measured, last. */
function columns({ versions, table }) {
  const names = Object.keys(versions);
  return table.some(({ of }) => of.floor) ? [...names, 'floor'] : names;
}

const titles = { spec: 'config of `runc spec`', docker: "Docker's config and seccomp profile", '-': '' };
const comparisons = ['crun', 'runc', 'floor'];

/** Rows of cells for one configuration: operation, a median (minimum) for each runtime, tsrunc's ratios. */
function timeRows(results, config) {
  const names = columns(results);
  const rows = results.table.filter((row) => row.config === config);
  return rows.map(({ operation, of }) => [
    operation === 'version' ? '--version' : operation,
    ...names.map((name) => (of[name] ? `${ms(of[name].median)} (${ms(of[name].minimum)})` : '')),
    ...ratios(results).map((name) => (of[name] && of.tsrunc ? ratio(of.tsrunc.median / of[name].median) : '')),
  ]);
}

const ratiosOf = (names) => comparisons.filter((name) => names.includes(name));
const ratios = (results) => ratiosOf(columns(results));
const headOf = (results, unit) => [unit, ...columns(results), ...ratios(results).map((name) => `/ ${name}`)];

/** The further runtimes of --cruns: how much of crun's time is its loader's, and what older systems have. */
export const otherCruns = { packaged: 'crun-1.8.1', static: 'crun-static' };

/** Wall and processor time of tsrunc and the cruns of --cruns, each followed by tsrunc's over theirs; nothing without them. */
function staticRows({ table, versions }) {
  const others = Object.values(otherCruns);
  const names = ['tsrunc', ...others];
  if (!names.every((name) => Object.hasOwn(versions, name))) return [];
  const cells = (of, time) => [
    ...names.map((name) => ms(time(of[name]))),
    ...others.map((name) => ratio(time(of.tsrunc) / time(of[name]))),
  ];
  return table
    .filter(({ config, of }) => config === 'spec' && names.every((name) => of[name]))
    .map(({ operation, of }) => [operation, ...cells(of, ({ median }) => median), ...cells(of, ({ cpu }) => cpu)]);
}

const staticHead = ['wall', 'CPU'].flatMap((time) => [
  ...['tsrunc', ...Object.values(otherCruns)].map((name) => `${name}, ${time}`),
  ...Object.values(otherCruns).map((name) => `/ ${name}`),
]);

/** A command, with its configuration if it has one. */
const nameOf = ({ operation, config }) => (config === '-' ? '--version' : `${operation}, ${config}`);

function memoryRows({ table, versions }) {
  const names = Object.keys(versions);
  return table
    .filter(({ operation }) => operation !== 'cycle')
    .map(({ operation, config, of }) => [
      nameOf({ operation, config }),
      ...names.map((name) => (of[name] ? (of[name].peak / 1024).toFixed(1) : '')),
    ]);
}

/** Processor time of each command, and tsrunc's over the others'. */
function cpuRows(results) {
  const names = columns(results);
  return results.table.map(({ operation, config, of }) => [
    nameOf({ operation, config }),
    ...names.map((name) => (of[name] ? ms(of[name].cpu) : '')),
    ...ratios(results).map((name) => (of[name] && of.tsrunc ? ratio(of.tsrunc.cpu / of[name].cpu) : '')),
  ]);
}

/** System calls of each command, and tsrunc's over the others'. */
function callRows(results) {
  const names = columns(results);
  return results.calls.map(({ operation, config, of }) => [
    nameOf({ operation, config }),
    ...names.map((name) => (of[name] === undefined ? '' : String(of[name]))),
    ...ratios(results).map((name) => (of[name] && of.tsrunc ? ratio(of.tsrunc / of[name]) : '')),
  ]);
}

/** The longest parts of a run, in µs. */
const longest = 14;
const microseconds = (value) => value.toFixed(0);
const partRows = (list) => list.slice(0, longest).map(({ name, median }) => [name, microseconds(median)]);

function phaseRows({ phases }) {
  const rows = phases.map(({ name, median, script }) => [name, microseconds(median), microseconds(script)]);
  const sum = (of) => microseconds(phases.reduce((all, phase) => all + of(phase), 0));
  return rows.length === 0 ? [] : [...rows, ['all', sum(({ median }) => median), sum(({ script }) => script)]];
}

function limitRows({ limits, versions }) {
  if (Object.keys(limits).length === 0) return [];
  return [['smallest limit', ...Object.keys(versions).map((name) => (limits[name] ? kib(limits[name]) : 'none'))]];
}

function livingRows(results) {
  const names = columns(results);
  const none = results.living.find(({ operation, config }) => operation === 'create' && config === '0');
  return results.living.flatMap(({ operation, config, of }) => {
    const label = `${operation}, ${config} alive`;
    const cells = (text) => names.map((name) => (of[name] ? text(of[name], name) : ''));
    const times = [label, ...cells(({ median, minimum }) => `${ms(median)} (${ms(minimum)})`)];
    if (operation !== 'create' || config === '0') return [times];
    return [times, [`${label}, over none`, ...cells(({ median }, name) => ratio(median / none.of[name].median))]];
  });
}

/** The runtimes whose growth was measured. */
const grown = ({ growth }) => Object.keys(growth[0]?.slopes ?? {});

/** How `run` grows: for each kind a row for every size, and the slope. */
function growthRows(results) {
  const names = grown(results);
  const over = (of) => ratiosOf(names).map((name) => (of[name] > 0 ? ratio(of.tsrunc / of[name]) : ''));
  const medians = (of) => Object.fromEntries(names.map((name) => [name, of[name].median]));
  return results.growth.flatMap(({ kind, per, sizes, slopes }) => [
    ...sizes.map(({ size, of }) => [
      `${kind}: ${size}`,
      ...names.map((name) => `${ms(of[name].median)} (${ms(of[name].cpu)})`),
      ...over(medians(of)),
    ]),
    [`${kind}: slope per ${per}`, ...names.map((name) => ms(slopes[name])), ...over(slopes)],
  ]);
}

function crowdRows(results) {
  const names = Object.keys(results.versions);
  return results.crowds.map(({ callers, of }) => [
    String(callers),
    ...names.map((name) => of[name].toFixed(0)),
    ...ratiosOf(names).map((name) => ratio(of.tsrunc / of[name])),
  ]);
}

/** The functions that most time is spent in. */
function shareRows(functions) {
  return functions.slice(0, 25).map(({ name, share }) => [`\`${name}\``, (share * 100).toFixed(1)]);
}

/** The parts of a report: { title, head, rows }. */
function sections(results) {
  const names = Object.keys(results.versions);
  const parts = [...new Set(results.table.map(({ config }) => config))].map((config) => ({
    title: titles[config],
    head: headOf(results, 'ms'),
    rows: timeRows(results, config),
  }));
  parts.push({
    title: 'Processor time of a command, user and system, with the processes that it waits for',
    head: headOf(results, 'ms'),
    rows: cpuRows(results),
  });
  parts.push({
    title: 'Beside a static crun: median wall and processor time',
    head: ['ms', ...staticHead],
    rows: staticRows(results),
  });
  parts.push({
    title: 'System calls of a command, with those of its processes',
    head: headOf(results, ''),
    rows: callRows(results),
  });
  parts.push({
    title: 'Where the time of a run goes: its phases, and what of them is TypeScript',
    head: ['µs', 'all', 'without its calls'],
    rows: phaseRows(results.parts),
  });
  parts.push({
    title: 'Where the time of a run goes: the longest calls of the runtime',
    head: ['µs', 'together'],
    rows: partRows(results.parts.calls),
  });
  parts.push({
    title: 'Where the time of a run goes: init, by kinds of steps, beside the runtime',
    head: ['µs', 'together'],
    rows: partRows(results.parts.steps),
  });
  parts.push({
    title: 'Where the time of a run goes: functions of TypeScript by self time, with what QuickJS does for them',
    head: ['% of the time in TypeScript', 'self'],
    rows: shareRows(results.functions.functions),
  });
  parts.push({
    title: 'Where the time of a run goes: functions of QuickJS by self time',
    head: ['% of the time in TypeScript', 'self'],
    rows: shareRows(results.functions.interpreter),
  });
  parts.push({ title: 'Peak memory of a command, MiB', head: ['', ...names], rows: memoryRows(results) });
  parts.push({ title: 'Many containers', head: ['ms', ...columns(results)], rows: livingRows(results) });
  parts.push({ title: 'Memory limit that still starts /bin/true', head: ['', ...names], rows: limitRows(results) });
  const compared = [...names, ...ratiosOf(names).map((name) => `/ ${name}`)];
  parts.push({
    title: 'How run grows with its configuration, wall (processor) time',
    head: ['ms', ...grown(results), ...ratiosOf(names).map((name) => `/ ${name}`)],
    rows: growthRows(results),
  });
  parts.push({
    title: 'Callers at once: containers a second',
    head: ['callers', ...compared],
    rows: crowdRows(results),
  });
  return parts.filter(({ rows }) => rows.length > 0);
}

function about({ machine, rounds }) {
  const { date, cpu, cpus, memory, kernel, load, cgroup, debian } = machine;
  return `${date}; ${cpus} CPUs ${cpu}, ${memory}; ${debian}, Linux ${kernel}, cgroup ${cgroup}; load ${load} at the start; ${rounds} rounds`;
}

/** For a terminal. */
export function textTable(results) {
  const lines = [about(results), ...Object.entries(results.versions).map(([name, text]) => `${name}: ${text}`)];
  for (const { title, head, rows } of sections(results)) {
    const all = [head, ...rows];
    const widths = head.map((_, i) => Math.max(...all.map((row) => row[i].length)));
    lines.push('', title);
    for (const row of all)
      lines.push(row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '));
  }
  return lines.join('\n');
}

/** docs/performance.md, with the name of its chart. */
export function markdown(results, chart) {
  const lines = [
    '# Performance',
    '',
    'Made by `npm run bench`: every runtime runs the same commands on the same bundles, in turn, in one mount namespace. Times are',
    'wall-clock times of the whole command, median (minimum) in milliseconds; the last columns are tsrunc over the other.',
    'The floor is a C program that makes the same namespaces and mounts and does nothing else (`bench/floor.cc`); beside many',
    'containers it shows what these cost the kernel.',
    '`cycle` is create, start, kill and delete together.',
    'All executables lie where they can be written to, as where packages install them: there crun and runc protect theirs from the',
    'container (CVE-2019-5736) by a copy or a mount, crun in every command. On a read-only mount they leave that out. tsrunc has',
    'nothing to protect: its init is another program, made anew in memory for each container.',
    ...(Object.hasOwn(results.versions, otherCruns.packaged)
      ? [`All bundles name version 1.0.2 of the specification, since ${otherCruns.packaged} takes no later one.`]
      : []),
    '',
    `${about(results)}.`,
    '',
    ...Object.entries(results.versions).map(([name, text]) => `- ${name}: ${text}`),
    '',
    `![Times of the commands](${chart})`,
    '',
    'What takes how long in one `run`, as `--trace` shows it ([trace.md](trace.md)); sums of many such runs are [below](#where-the-time-of-a-run-goes-its-phases-and-what-of-them-is-typescript):',
    '',
    '![The phases of a run, and the steps of its init](trace.svg)',
  ];
  for (const { title, head, rows } of sections(results)) {
    lines.push('', `## ${title || 'Start-up'}`, '');
    const cells = (row) => `| ${row.join(' | ')} |`;
    lines.push(cells(head), cells(head.map((_, i) => (i ? '---:' : '---'))), ...rows.map(cells));
  }
  return `${lines.join('\n')}\n`;
}
