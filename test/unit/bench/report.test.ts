/** The report of the bench: what it says of the cruns that were asked for besides. */
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

interface Time {
  median: number;
  minimum: number;
  peak: number;
  cpu: number;
}

interface Row {
  operation: string;
  config: string;
  of: Record<string, Time>;
}

interface Results {
  [part: string]: unknown;
  versions: Record<string, string>;
  table: Row[];
}

const { markdown, textTable } = (await import(join(project, 'bench/report.mjs'))) as {
  markdown(results: Results, chart: string): string;
  textTable(results: Results): string;
};

/** Wall and processor time of each runtime. */
const times: Record<string, [number, number]> = {
  tsrunc: [10, 4],
  crun: [16, 5],
  'crun-1.8.1': [20, 16],
  'crun-static': [12.5, 5],
};

function resultsOf(names: string[]): Results {
  const of = Object.fromEntries(
    names.map((name) => {
      const [median = 0, cpu = 0] = times[name] ?? [];
      return [name, { median, minimum: median / 2, peak: 1024, cpu }];
    }),
  );
  const row = (operation: string, config: string): Row => ({ operation, config, of });
  return {
    machine: {
      date: '2020-01-01',
      cpu: 'C',
      cpus: 1,
      memory: '1 GiB',
      kernel: '1',
      load: '0',
      cgroup: 'v2',
      debian: 'D',
    },
    versions: Object.fromEntries(names.map((name) => [name, `${name} version 1`])),
    rounds: 2,
    table: [row('version', '-'), row('run', 'spec'), row('cycle', 'spec'), row('run', 'docker')],
    calls: [],
    parts: { phases: [], calls: [], steps: [] },
    functions: { functions: [{ name: 'planMounts', share: 0.125 }], interpreter: [] },
    living: [],
    limits: {},
    growth: [],
    crowds: [],
  };
}

/** The lines of a section of a report, after its title. */
function section(text: string, title: RegExp): string[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => title.test(line));
  if (start === -1) return [];
  const rest = lines.slice(start + 1).join('\n');
  return (rest.trimStart().split('\n\n')[0] ?? '').trimEnd().split('\n');
}

const beside = /^(?:## )?Beside a static crun/;

t.test('a section for the cruns of --cruns: wall and processor time, and ratios of both', async (t) => {
  const results = resultsOf(Object.keys(times));
  const row = ['10.0', '20.0', '12.5', '0.50x', '0.80x', '4.00', '16.0', '5.00', '0.25x', '0.80x'];
  const [head = '', ...rows] = section(textTable(results), beside);
  t.match(
    head,
    /^ms +tsrunc, wall +crun-1\.8\.1, wall +crun-static, wall +\/ crun-1\.8\.1 +\/ crun-static +tsrunc, CPU/,
  );
  t.strictSame(
    rows.map((line) => line.split(/ {2,}/)),
    [
      ['run', ...row],
      ['cycle', ...row],
    ],
    'of the commands of spec alone',
  );
  const page = section(markdown(results, 'chart.svg'), beside);
  t.equal(page.length, 4);
  t.equal(page[2], `| run | ${row.join(' | ')} |`);
});

t.test('no such section where one of them is missing', async (t) => {
  for (const missing of ['tsrunc', 'crun-1.8.1', 'crun-static']) {
    const results = resultsOf(Object.keys(times).filter((name) => name !== missing));
    t.strictSame(section(textTable(results), beside), [], missing);
    t.strictSame(section(markdown(results, 'chart.svg'), beside), [], missing);
  }
});

t.test('the functions that most time is spent in', async (t) => {
  const text = markdown(resultsOf(['tsrunc', 'crun']), 'chart.svg');
  t.match(text, /functions of TypeScript by self time[\s\S]*\| `planMounts` \| 12\.5 \|/);
  t.notMatch(text, 'functions of QuickJS by self time', 'none, no table');
});
