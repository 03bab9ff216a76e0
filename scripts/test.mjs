// Sets up, builds and runs the tests. Usage: node scripts/test.mjs [PATTERN...]
// A pattern selects the test files whose path holds it. TSRUNC=PATH tests another runtime than bin/tsrunc.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { build, installDependencies, main, quietly, say, step, top } from './steps.mjs';
import { TapResults } from './tap-results.mjs';

const patterns = process.argv.slice(2);
process.chdir(top);

/** Test files in the order to run: the slow ones first, so that no core waits for them at the end. */
function testFiles() {
  const found = ['faults', 'security', 'integration', 'unit', 'conformance'].flatMap((folder) => {
    const path = join('test', folder);
    if (!existsSync(path)) return [];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .sort()
      .map((name) => join(path, name));
  });
  return found.filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)));
}

async function prepare() {
  await setup();
  await installDependencies();
  build();
  await step('tests', async () => {
    const incremental = ['--incremental', '--tsBuildInfoFile', 'build/tsconfig.test.tsbuildinfo'];
    const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json', ...incremental];
    await quietly('tests', process.execPath, tsc);
    return 'compiled';
  });
}

/** All the points of the fault tests. */
const isWhole = process.env.TSRUNC_FAULTS === 'whole';

/** What a test file may take; then it is killed, and has failed. */
const fileTimeout = isWhole ? 3 * 3600_000 : 240_000;

/**
 * Runs one compiled test file, a program that prints TAP, to its end. `tap run` would do the same, and load a TypeScript
 * compiler into each process: five times the CPU for the small ones.
 */
function runFile(path) {
  return new Promise((resolve) => {
    const env = { ...process.env, TAP_TIMEOUT: String(fileTimeout / 1000) };
    const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    // tap itself ends a file in time, and names the test. What it started may hold its output for ever.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
    }, fileTimeout + 10_000);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ output, how: signal ? `killed by ${signal}` : code === 0 ? '' : `exit status ${code}` });
    });
  });
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
