// Feeds whatever native code reads of others with inputs that libFuzzer makes up, under the address and undefined-behaviour sanitizers.
// Usage: node scripts/fuzz.mjs [--seconds N] [--seed N] [--coverage] [--keep] [TARGET...]
// Without a TARGET all of test/fuzz/targets.mjs are tried; N (60) is shared among them, by their shares, two at a time.
//   --seed N    tries the inputs that follow from this number, as CI does; otherwise new ones each time
//   --coverage  says besides which lines of the sources the inputs reach, and writes those they don't to build/fuzz/coverage
//   --keep      writes the inputs that reach something of their own to test/fuzz/corpus
// An input that crashes, hangs, or takes more than 64 MiB is written to build/fuzz/found. What was found stays in build/fuzz/corpus,
// and the next run begins with it. The last line is `N passed, N failed, N skipped`; where clang isn't, this ends with 3.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pack, unpack } from '../test/fuzz/corpus.mjs';
import { targets } from '../test/fuzz/targets.mjs';
import { flags } from './compiler-flags.mjs';
import { setup } from './setup.mjs';
import { main, quietly, say, step, top } from './steps.mjs';

const cannot = 3;
const compiler = process.env.CLANGXX ?? 'clang++';
const packages = {
  clang: 'has libFuzzer, which makes up inputs',
  'libclang-rt-dev': 'has the sanitizers of clang',
  llvm: 'says which lines were reached',
};
/** What an input may take: seconds, and MiB of one block of memory. harness.cc has the limit of all blocks together. */
const inputLimits = ['-timeout=20', '-malloc_limit_mb=64'];
/** The sanitizer's own memory included, whose quarantine is kept small. */
const processLimits = ['-rss_limit_mb=512'];
const sanitizers = ({ leaks }) => `quarantine_size_mb=8:detect_leaks=${leaks === undefined ? 1 : 0}`;

process.chdir(top);
const { values: options, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '0' },
    coverage: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
  allowPositionals: true,
});
const names = positionals.length > 0 ? positionals : Object.keys(targets);

const sourcesOf = (name) => [`test/fuzz/${name}.cc`, 'test/fuzz/harness.cc', ...targets[name].sources];

/** Whether clang, libFuzzer and the sanitizers are there: builds the smallest target there is. */
function works() {
  const code = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char *, unsigned long) { return 0; }';
  const args = ['-x', 'c++', '-fsanitize=fuzzer,address,undefined', '-', '-o', '/dev/null'];
  return spawnSync(compiler, args, { input: code }).status === 0;
}

/** All that is compiled, as one hash. */
function fingerprint() {
  const hash = createHash('sha256').update(spawnSync(compiler, ['--version']).stdout);
  for (const directory of ['test/fuzz', 'addon/core', 'addon/init', 'addon/init/generated', 'scripts'])
    for (const name of readdirSync(directory)
      .filter((one) => /\.(cc|h|mjs)$/.test(one))
      .sort())
      hash.update(name).update(readFileSync(join(directory, name)));
  return hash.digest('hex');
}

/** Builds the program of a target in a directory. */
async function compile(name, directory, instrumentation) {
  const { libraries = [] } = targets[name];
  mkdirSync(directory, { recursive: true });
  await quietly(`fuzz-${name}`, compiler, [
    ...[...flags.language, '-Wall', '-Wextra', '-g', '-O1', '-fno-omit-frame-pointer', ...instrumentation],
    ...['-D_GNU_SOURCE', '-DTSRUNC_HOSTED', ...sourcesOf(name), ...libraries, '-o', join(directory, name)],
  ]);
}

/** Does something for all names, as many at a time as there are CPUs. */
async function each(list, work) {
  const left = [...list];
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: Math.min(cpus().length, list.length) }, worker));
}

async function buildTargets() {
  const stamp = 'build/fuzz/stamp';
  const now = fingerprint();
  const same = existsSync(stamp) && readFileSync(stamp, 'utf8') === now;
  const missing = same ? names.filter((name) => !existsSync(`build/fuzz/bin/${name}`)) : names;
  if (!same) rmSync('build/fuzz/bin', { recursive: true, force: true });
  await each(missing, (name) =>
    compile(name, 'build/fuzz/bin', ['-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=all']),
  );
  writeFileSync(stamp, now);
  return missing.length === 0 ? 'up to date' : `built ${missing.length}`;
}

const quoted = (word) => [...word].map((unit) => `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');

/** Runs a target. Resolves with its exit status and all it said. */
function run(name, args, scratch) {
  return new Promise((resolve) => {
    const env = { ...process.env, TMPDIR: scratch, ASAN_OPTIONS: sanitizers(targets[name]) };
    const child = spawn(`build/fuzz/bin/${name}`, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    child.once('close', (status) => resolve({ status, said }));
  });
}

/** Tries a target for some seconds, and prints a line. Resolves with whether all was well. */
async function fuzz(name, seconds, scratch) {
  const { longest, words = [] } = targets[name];
  const seeds = `build/fuzz/seeds/${name}`;
  const corpus = `build/fuzz/corpus/${name}`;
  unpack(name, seeds);
  mkdirSync(corpus, { recursive: true });
  const dictionary = join(scratch, `${name}.words`);
  writeFileSync(dictionary, words.map((word) => `"${quoted(word)}"\n`).join(''));
  const { status, said } = await run(
    name,
    [
      ...[
        `-max_total_time=${seconds}`,
        `-seed=${Number(options.seed)}`,
        `-max_len=${longest}`,
        ...inputLimits,
        ...processLimits,
        '-print_final_stats=1',
      ],
      ...(words.length > 0 ? [`-dict=${dictionary}`] : []),
      ...[`-artifact_prefix=build/fuzz/found/${name}-`, corpus, seeds],
    ],
    scratch,
  );
  const statistic = (key) => Number(new RegExp(`^stat::${key}: *(\\d+)`, 'm').exec(said)?.[1] ?? 0);
  const edges = [...said.matchAll(/ cov: (\d+)/g)].at(-1)?.[1] ?? '0';
  const all = /PC tables \((\d+) PCs\)/.exec(said)?.[1];
  const inputs = statistic('number_of_executed_units');
  const figures = `${inputs} inputs, ${edges} of ${all} edges, at most ${statistic('peak_heap_kib')} KiB of memory`;
  if (status === 0) {
    say(name, figures);
    return { passed: true, inputs };
  }
  say(name, `FAILED after ${figures}`);
  console.log(said.split('\n').slice(-60).join('\n'));
  return { passed: false, inputs };
}

/** Says which lines of the sources all the inputs reach. */
async function coverage(name) {
  const directory = 'build/fuzz/coverage';
  await compile(name, directory, [
    '-fsanitize=fuzzer',
    '-fprofile-instr-generate',
    '-fcoverage-mapping',
    '-fsanitize=address',
  ]);
  const program = join(directory, name);
  const raw = `${program}.profraw`;
  const env = { ...process.env, LLVM_PROFILE_FILE: raw, ASAN_OPTIONS: sanitizers(targets[name]) };
  spawnSync(program, ['-runs=0', `build/fuzz/corpus/${name}`, `build/fuzz/seeds/${name}`], { env, stdio: 'ignore' });
  const tool = (tool_) => spawnSync(compiler, [`-print-prog-name=${tool_}`], { encoding: 'utf8' }).stdout.trim();
  await quietly(`fuzz-profile-${name}`, tool('llvm-profdata'), ['merge', raw, '-o', `${program}.profdata`]);
  const llvmCov = (...args) =>
    spawnSync(
      tool('llvm-cov'),
      [...args, program, `-instr-profile=${program}.profdata`, '-ignore-filename-regex=/usr/|test/fuzz'],
      {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      },
    ).stdout;
  writeFileSync(`${program}.txt`, llvmCov('show', '-region-coverage-lt=100'));
  const { files } = JSON.parse(llvmCov('export', '-summary-only')).data[0];
  for (const { filename, summary } of files) {
    const { lines, branches } = summary;
    const path = filename.replace(`${top}/`, '');
    say('', `${path}: ${lines.covered} of ${lines.count} lines, ${branches.covered} of ${branches.count} branches`);
  }
}

/** Makes what reaches something of its own the inputs under version control. */
async function keep(name, scratch) {
  const merged = join(scratch, `merged-${name}`);
  mkdirSync(merged);
  const { longest } = targets[name];
  const from = [`build/fuzz/corpus/${name}`, `build/fuzz/seeds/${name}`];
  await run(name, ['-merge=1', `-max_len=${longest}`, merged, ...from], scratch);
  say(name, `${pack(name, merged)} inputs kept`);
}

await main(async () => {
  const unknown = names.filter((name) => !Object.hasOwn(targets, name));
  if (unknown.length > 0)
    throw new Error(`no target ${unknown.join(', ')}; there are ${Object.keys(targets).join(', ')}`);
  if (!works()) await setup(packages).catch((error) => say('setup', error.message));
  if (!works()) {
    console.log('skipped: no clang with libFuzzer and its sanitizers');
    return cannot;
  }
  await step('targets', buildTargets);
  mkdirSync('build/fuzz/found', { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-fuzz-'));
  try {
    const shares = names.reduce((sum, name) => sum + (targets[name].share ?? 1), 0);
    const share = (Number(options.seconds) * Math.min(cpus().length, names.length)) / shares;
    const results = [];
    // Those that take longest first.
    const order = [...names].sort((a, b) => (targets[b].share ?? 1) - (targets[a].share ?? 1));
    await each(order, async (name) => {
      const seconds = Math.max(1, Math.round(share * (targets[name].share ?? 1)));
      results.push(await fuzz(name, seconds, scratch));
    });
    if (options.keep) for (const name of names) await keep(name, scratch);
    if (options.coverage) for (const name of names) await coverage(name);
    const passed = results.filter((result) => result.passed).length;
    say('', `${results.reduce((sum, { inputs }) => sum + inputs, 0)} inputs`);
    console.log(`\n${passed} passed, ${results.length - passed} failed, 0 skipped`);
    return passed === results.length ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true });
  }
});
