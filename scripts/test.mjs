// Sets up, builds and runs the tests. Usage: node scripts/test.mjs [PATTERN...]
// A pattern selects the test files whose path holds it; with ! before it, those whose path doesn't. TSRUNC=PATH tests another runtime than bin/tsrunc.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { built } from './pack/binaries.mjs';
import { setup } from './setup.mjs';
import { build, compileTests, installDependencies, main, quietly, reaper, say, step, top } from './steps.mjs';
import { tapProgram } from './tap-program.mjs';
import { TapResults } from './tap-results.mjs';

const patterns = process.argv.slice(2);
process.chdir(top);

/** Test files in the order to run: the slow ones first, so that no core waits for them at the end. */
function testFiles() {
  const found = [
    'faults',
    'packages',
    'differential',
    'security',
    'properties',
    'integration',
    'unit',
    'conformance',
  ].flatMap((directory) => {
    const path = join('test', directory);
    if (!existsSync(path)) return [];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .sort()
      .map((name) => join(path, name));
  });
  const without = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'));
  return found.filter(
    (path) =>
      (wanted.length === 0 || wanted.some((pattern) => path.includes(pattern))) &&
      !without.some((pattern) => path.includes(pattern)),
  );
}

/** What the tests of packages use besides. */
const forPackages = { lintian: 'checks the Debian package', mmdebstrap: 'makes a Debian to install it in' };

/** The packages that test/packages looks at, in build/packages; without them these tests say why they are skipped. */
async function pack() {
  const directory = join('build', 'packages');
  rmSync(directory, { recursive: true, force: true });
  const args = ['--no-build', '--out', directory, ...built().flatMap((arch) => ['--arch', arch])];
  await step('packages', async () => {
    try {
      await quietly('packages', process.execPath, ['scripts/pack.mjs', ...args]);
      return 'packed';
    } catch (error) {
      return error.message;
    }
  });
}

/** The runc that test/differential compares with; without it that test says why it is skipped. */
async function fetchControl() {
  await step('runc', async () => {
    try {
      await quietly('control', process.execPath, ['scripts/control.mjs', 'runc']);
      return 'there';
    } catch (error) {
      return error.message;
    }
  });
}

async function prepare() {
  const hasPackages = testFiles().some((path) => path.startsWith('test/packages/'));
  await setup(hasPackages ? forPackages : {});
  await installDependencies();
  build();
  await compileTests();
  if (hasPackages) await pack();
  if (testFiles().some((path) => path.startsWith('test/differential/')) && process.geteuid() === 0)
    await fetchControl();
}

/** All the points of the fault tests. */
const isWhole = process.env.TSRUNC_FAULTS === 'whole';

/** What a test file may take; then it is killed, and has failed. */
const fileTimeout = isWhole ? 3 * 3600_000 : 240_000;
/** The packages are tested in trees and with versions of Node.js that are fetched the first time. */
const timeoutOf = (path) => (path.includes('/packages/') ? Math.max(fileTimeout, 900_000) : fileTimeout);

/**
 * Runs one compiled test file, a program that prints TAP, to its end. `tap run` would do the same, and load a TypeScript
 * compiler into each process: five times the CPU for the small ones.
 */
async function runFile(path) {
  const env = { ...process.env, TAP_TIMEOUT: String(timeoutOf(path) / 1000) };
  return await tapProgram([...reaper, process.execPath, path], { env, timeout: timeoutOf(path) + 10_000 });
}

/** How many points of the fault tests were tried; with all of them, for each scenario too. */
function sayPoints(scenarios) {
  if (scenarios.length === 0) return;
  if (isWhole) for (const [, count, scenario] of scenarios) say('', `${count.padStart(6)} points: ${scenario}`);
  say('', `${scenarios.reduce((sum, [, count]) => sum + Number(count), 0)} points tried`);
}

/** Runs compiled test files, as many at a time as there are CPUs; prints a line for each as it ends. */
async function runFiles(files) {
  const results = new TapResults((name, counts) => {
    const parts = [`${counts.passed} passed`];
    if (counts.failed > 0) parts.push(`${counts.failed} FAILED`);
    if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
    say(name.padEnd(44), parts.join(', '));
  });
  const left = [...files];
  const work = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const { output, how } = await runFile(join('build/test', file.replace(/\.ts$/, '.js')));
      results.file(file.replace(/\.ts$/, ''), output, how);
      sayPoints([...output.matchAll(/^ *# points tried: (\d+) \((.*)\)$/gm)]);
    }
  };
  await Promise.all(cpus().map(work));
  return results;
}

/**
 * The machine after the run must be as it was before. With TSRUNC_SHARED_MACHINE set, when others work on the same
 * machine, only what bears the tests' names counts, and of that nothing that a test which still runs has made: ours have ended.
 */
function compareMachine(results, news) {
  const shared = Boolean(process.env.TSRUNC_SHARED_MACHINE);
  const ours = (line) => {
    const [, pid] = /(?:tsrunc-test-(?:call-)?|\/tt)(\d+)(?:-|x-|\/|$)/.exec(line) ?? [];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  for (const [what, lines] of Object.entries(news)) {
    const left = shared ? lines.filter(ours) : lines;
    if (left.length === 0) results.passed++;
    else {
      results.failed++;
      results.failures.push({ where: `the run left ${what} behind`, details: left });
    }
  }
  say(
    'left behind',
    Object.entries(news)
      .map(([what, lines]) => `${lines.length} ${what}`)
      .join(', '),
  );
}

await main(async () => {
  await prepare();
  const files = testFiles();
  if (files.length === 0) throw new Error(`no test file matches ${patterns.join(' ')}`);
  const { snapshot, added, settled } = await import('../build/test/test/helpers/machine.js');
  const before = snapshot();
  const results = await runFiles(files);
  compareMachine(results, await settled(() => added(before, snapshot())));

  for (const { where, details } of results.failures) {
    console.log(`\nFAILED ${where}`);
    for (const line of details) console.log(`  ${line}`);
  }
  if (results.skipped.size > 0) console.log('\nskipped:');
  for (const [reason, count] of results.skipped) console.log(`  ${String(count).padStart(4)}  ${reason}`);
  console.log(`\n${results.passed} passed, ${results.failed} failed, ${results.skips} skipped`);
  return results.failed === 0 ? 0 : 1;
});
