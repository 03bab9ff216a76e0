// Measures tsrunc beside runc and crun, in one run, interleaved. Usage: npm run bench -- [NAME=PATH ...] [option ...]
//   NAME=PATH       a further runtime, one static executable (NAME tsrunc: instead of bin/tsrunc)
//   --rounds N      rounds of every command (default 60)
//   --only A,B      these configurations only: spec, docker
//   --without A,B   leaves runtimes out
//   --cruns         also the crun of Debian 12, and a crun linked statically, which is built (once; some minutes)
//   --read-only     the executables lie on a read-only mount: crun and runc need no protection of theirs there
//   --cgroup v1|v2  what the runtimes find at /sys/fs/cgroup (default v1, where this machine has it)
//   --live A,B      also with A, B containers alive, e.g. 100,1000 (takes minutes)
//   --growth        also how run grows with the configuration, and with callers at once (takes minutes)
//   --limits        also the smallest memory limit that /bin/true still starts with
//   --node          instead of all this: what the Node host takes over the bare start of the same Node, for every command
//   --json FILE     the figures
//   --docs          writes docs/performance.md and .svg, and trace.svg, with what functions.mjs finds out; docs/performance-v2.md and .svg for cgroup v2
// Needs root. Everything happens in a mount namespace of its own, on a tmpfs; nothing stays behind.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cache } from '../scripts/debian-tree.mjs';
import { bookwormCrun } from './bookworm-crun.mjs';
import { svgChart } from './chart.mjs';
import { call, cleanUp, line, livingContainers, rounds, withLimit } from './commands.mjs';
import { configs, makeRootfs, writeBundle } from './configs.mjs';
import { sampleRuns, selfTimes } from './functions.mjs';
import { cleanUpGrowth, measureCrowds, measureGrowth } from './growth.mjs';
import { machine } from './machine.mjs';
import { nodeHost } from './node-host.mjs';
import { peers } from './peers.mjs';
import { markdown, otherCruns, textTable } from './report.mjs';
import { staticCrun } from './static-crun.mjs';
import { cycles, parse, tabulate } from './statistics.mjs';
import { timeParts } from './time-parts.mjs';
import { traceChart } from './trace-chart.mjs';

const top = join(import.meta.dirname, '..');
const warmUp = 3;
const growthRounds = 9;
const tracedRuns = 31;
const sampledRuns = 200;
const crowdTotal = 160;
const limits = [4096, 2048, 1024, 768, 512, 384, 256, 192, 128, 96, 64, 48, 32].map((size) => size * 1024);

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '60' },
    only: { type: 'string', default: Object.keys(configs).join(',') },
    without: { type: 'string', default: '' },
    cruns: { type: 'boolean', default: false },
    'read-only': { type: 'boolean', default: false },
    cgroup: { type: 'string', default: hasVersion1() ? 'v1' : 'v2' },
    live: { type: 'string', default: '' },
    growth: { type: 'boolean', default: false },
    limits: { type: 'boolean', default: false },
    json: { type: 'string' },
    docs: { type: 'boolean', default: false },
    node: { type: 'boolean', default: false },
  },
});
const listOf = (text) => text.split(',').filter(Boolean);

/** The v1 hierarchies that the runtimes find. */
function hierarchies() {
  if (options.cgroup === 'v2') return [];
  return [...readFileSync('/proc/self/cgroup', 'utf8').matchAll(/^\d+:([^:]+):/gm)].map(([, name]) => name);
}

function hasVersion1() {
  return /^\d+:(?!name=)[^:]+:/m.test(readFileSync('/proc/self/cgroup', 'utf8'));
}

function run(command, args, settings = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...settings,
  });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${result.signal ?? result.status}\n${result.stderr}`);
  return result.stdout;
}

/** The executables of the cruns of --cruns. The one of Debian 12 gets its libraries into the tree with the peers. */
function makeCruns(tree) {
  const { packaged, static: linked } = otherCruns;
  const place = join('/usr/local/lib', packaged);
  const source = bookwormCrun(place);
  const making = `${join(tree, place)}.new`;
  for (const path of [making, join(tree, place)]) rmSync(path, { recursive: true, force: true });
  cpSync(source, making, { recursive: true });
  renameSync(making, join(tree, place));
  return { [packaged]: join(source, 'crun'), [linked]: staticCrun() };
}

/** tsrunc, crun, runc and what the command line names, copied to `bin`. */
function findRuntimes(directory, tree) {
  const files = { tsrunc: join(top, 'bin/tsrunc') };
  for (const text of positionals) {
    const [, name, path] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined) throw new Error(`${text}: NAME=PATH is wanted`);
    files[name] = path;
  }
  Object.assign(files, { crun: join(tree, 'usr/bin/crun'), runc: join(tree, 'usr/sbin/runc') });
  if (options.cruns) Object.assign(files, makeCruns(tree));
  const without = listOf(options.without);
  return Object.entries(files)
    .filter(([name]) => !without.includes(name))
    .map(([name, path]) => {
      if (!existsSync(path)) throw new Error(`${path} is missing; npm run build makes bin/tsrunc`);
      copyFileSync(path, join(directory, 'bin', name));
      chmodSync(join(directory, 'bin', name), 0o755);
      return { name, path: `/bench/bin/${name}` };
    });
}

/** The measuring, in a directory that goes away with it. */
class Bench {
  constructor(directory, tree) {
    this.directory = directory;
    this.tree = tree;
    mkdirSync(join(directory, 'state'));
    this.runtimes = findRuntimes(directory, tree);
    this.hasPackagedCrun = this.runtimes.some(({ name }) => name === otherCruns.packaged);
    for (const name of ['measure', 'floor', ...this.before()]) compileTool(directory, name);
    makeRootfs(directory, join(tree, 'usr/bin/busybox'));
    for (const config of listOf(options.only)) for (const process of ['true', 'sleep']) this.bundle(config, process);
    if (!existsSync(join(directory, 'bundles/spec-sleep'))) this.bundle('spec', 'sleep');
  }

  /** As writeBundle; a bundle that all of the runtimes take. */
  bundle(config, process, name, change = () => {}) {
    return writeBundle(this.directory, config, process, name, (content) => {
      change(content);
      // It refuses a later version of the specification.
      if (this.hasPackagedCrun) content.ociVersion = '1.0.2';
    });
  }

  /** The tool, if one is needed, that starts the stopwatch. */
  before() {
    return this.hasPackagedCrun && options.cgroup === 'v2' ? ['memlock'] : [];
  }

  /** Runs a command where the measured ones run; returns what it prints. */
  enter(...command) {
    const args = ['--mount', '--propagation', 'private', join(import.meta.dirname, 'enter.sh')];
    return run('unshare', [...args, this.tree, this.directory, options.cgroup, ...command], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', READ_ONLY: options['read-only'] ? 'yes' : '' },
    });
  }

  /** Runs a list of commands; throws when one failed that had to succeed. */
  measure(lines, { mayFail = false } = {}) {
    writeFileSync(join(this.directory, 'list'), `${lines.join('\n')}\n`);
    writeFileSync(join(this.directory, 'errors'), '');
    const tools = [...this.before(), 'measure'].map((name) => `/bench/bin/${name}`);
    const { rows, failures } = parse(this.enter(...tools, '/bench/list', '/bench/errors'));
    if (failures.length > 0 && !mayFail) {
      const names = failures
        .slice(0, 5)
        .map(({ operation, config, runtime, status }) =>
          [operation, config, runtime, `status ${status}`].filter(Boolean).join(' '),
        );
      throw new Error(`${names.join('; ')}\n${readFileSync(join(this.directory, 'errors'), 'utf8').slice(0, 4000)}`);
    }
    return rows;
  }

  versions() {
    const first = (path) => this.enter(path, '--version').split('\n')[0].trim();
    return Object.fromEntries(this.runtimes.map(({ name, path }) => [name, first(path)]));
  }

  commands() {
    const lists = (count) => rounds(this.runtimes, listOf(options.only), count, hierarchies());
    this.measure(lists(warmUp));
    const rows = this.measure(lists(Number(options.rounds)));
    return tabulate([...rows, ...cycles(rows)]);
  }

  /** How many system calls each command makes, with all its processes: of one traced round. */
  calls() {
    const lines = rounds(this.runtimes, listOf(options.only), 1, hierarchies());
    const rows = this.measure(lines.map((text) => text.replace(/^run\t/, 'calls\t')));
    return tabulate([...rows, ...cycles(rows)]).map(({ operation, config, of }) => ({
      ...{ operation, config },
      of: Object.fromEntries(Object.entries(of).map(([name, { median }]) => [name, Math.round(median * 1e6)])),
    }));
  }

  /** What --trace tells of runs of tsrunc, the quickest first. */
  traces() {
    const tsrunc = this.runtimes.find(({ name }) => name === 'tsrunc');
    if (tsrunc === undefined || !listOf(options.only).includes('spec')) return [];
    const [path, ...root] = call(tsrunc);
    const names = Array.from({ length: tracedRuns }, (_, i) => `trace-${i}.json`);
    const bundle = ['--bundle', '/bench/bundles/spec-true', 'bench-spec-tsrunc-run'];
    this.measure(names.map((name) => line('do', name, path, '--trace', `/bench/${name}`, ...root, 'run', ...bundle)));
    const traces = names.map((name) => JSON.parse(readFileSync(join(this.directory, name), 'utf8')));
    const took = ({ traceEvents }) => {
      const phases = traceEvents.filter(({ cat }) => cat === 'phase');
      return Math.max(...phases.map(({ ts, dur }) => ts + dur)) - Math.min(...phases.map(({ ts }) => ts));
    };
    return traces.sort((one, other) => took(one) - took(other));
  }

  living() {
    const counts = listOf(options.live).map(Number);
    if (counts.length === 0) return [];
    // None before and after: the machine may be slower or faster some minutes later. The floor is no runtime's: once is enough.
    const rows = this.runtimes.flatMap((runtime, i) =>
      [0, ...counts, 0].flatMap((count) =>
        this.measure(livingContainers(runtime, count, 30, i === 0 ? hierarchies() : undefined)),
      ),
    );
    return tabulate(rows);
  }

  /** For each runtime the smallest limit in bytes; undefined where none works (a hierarchy without the memory controller). */
  smallestLimits() {
    if (!options.limits) return {};
    const found = {};
    for (const runtime of this.runtimes) {
      for (const bytes of limits) {
        const bundle = this.bundle('spec', 'true', 'limit', (config) => {
          config.linux.resources.memory = { limit: bytes };
        });
        const rows = this.measure(withLimit(runtime, bundle, bytes, 5), { mayFail: true });
        if (rows.some(({ status }) => status !== 0)) break;
        found[runtime.name] = bytes;
      }
    }
    return found;
  }

  clean() {
    const ids = listOf(options.only).flatMap((config) =>
      this.runtimes.flatMap(({ name }) => [`bench-${config}-${name}`, `bench-${config}-${name}-run`]),
    );
    const most = Math.max(0, ...listOf(options.live).map(Number));
    const living = Array.from({ length: most }, (_, i) => `bench-live-${i}`);
    const limited = Array.from({ length: 5 }, (_, i) => `bench-limit-${i}`);
    for (const runtime of this.runtimes) {
      const left = [...ids, ...living, ...limited, 'bench-next'].filter((id) =>
        existsSync(join(this.directory, 'state', runtime.name, id)),
      );
      if (left.length > 0) this.measure(cleanUp([runtime], left), { mayFail: true });
    }
    if (options.growth) this.measure(cleanUpGrowth(this.runtimes, crowdTotal), { mayFail: true });
  }
}

function report(bench) {
  const traces = bench.traces();
  const results = {
    machine: machine(options.cgroup),
    versions: bench.versions(),
    rounds: Number(options.rounds),
    table: bench.commands(),
    calls: bench.calls(),
    parts: traces.length > 0 ? timeParts(traces) : { phases: [], calls: [], steps: [] },
    functions:
      options.docs && options.cgroup !== 'v2'
        ? selfTimes(sampleRuns(sampledRuns, 'spec'))
        : { functions: [], interpreter: [] },
    living: bench.living(),
    limits: bench.smallestLimits(),
    growth: options.growth ? measureGrowth(bench, growthRounds) : [],
    crowds: options.growth ? measureCrowds(bench, crowdTotal) : [],
  };
  console.log(textTable(results));
  if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 2));
  if (options.docs) {
    const name = options.cgroup === 'v2' ? 'performance-v2' : 'performance';
    writeFileSync(join(top, `docs/${name}.md`), markdown(results, `${name}.svg`));
    writeFileSync(join(top, `docs/${name}.svg`), svgChart(results));
    const middle = traces[Math.floor(traces.length / 2)];
    if (middle && options.cgroup !== 'v2') writeFileSync(join(top, 'docs/trace.svg'), traceChart(middle));
  }
}

function measureNode(directory, tree) {
  mkdirSync(join(directory, 'state'));
  compileTool(directory, 'measure');
  const measure = (lines) => {
    writeFileSync(join(directory, 'list'), `${lines.join('\n')}\n`);
    return run(join(directory, 'bin/measure'), [join(directory, 'list'), join(directory, 'errors')]);
  };
  try {
    console.log(nodeHost(top, directory, join(tree, 'usr/bin/busybox'), Number(options.rounds), measure));
  } catch (error) {
    throw new Error(`${error.message}\n${readFileSync(join(directory, 'errors'), 'utf8').slice(0, 4000)}`);
  }
}

/** One of bench/*.cc, small and static. */
function compileTool(directory, name) {
  run('g++', ['-O2', '-static', '-s', '-o', join(directory, 'bin', name), join(import.meta.dirname, `${name}.cc`)]);
}

function main() {
  if (process.getuid() !== 0) throw new Error('containers are measured as root');
  const tree = peers();
  const directory = mkdtempSync(join(tmpdir(), 'tsrunc-bench-'));
  // Where runtimes are installed it can be written to, and it is no tmpfs: how crun and runc protect their executable, and what that
  // costs, depends on both.
  const executables = mkdtempSync(join(cache(), 'bench-'));
  let bench;
  // Ctrl-C ends the command that runs, and with it the list; what is to be removed is removed then.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  try {
    run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', directory]);
    mkdirSync(join(directory, 'bin'));
    run('mount', ['--bind', executables, join(directory, 'bin')]);
    if (options.node) {
      measureNode(directory, tree);
      return;
    }
    bench = new Bench(directory, tree);
    report(bench);
  } finally {
    try {
      bench?.clean();
    } finally {
      run('umount', ['-l', directory]);
      rmdirSync(directory);
      rmSync(executables, { recursive: true });
    }
  }
}

if (process.env.TSRUNC_BENCH_INSIDE) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
} else {
  const args = ['--mount', '--propagation', 'private', process.execPath, ...process.argv.slice(1)];
  const { status } = spawnSync('unshare', args, {
    stdio: 'inherit',
    env: { ...process.env, TSRUNC_BENCH_INSIDE: '1' },
  });
  process.exitCode = status ?? 1;
}
