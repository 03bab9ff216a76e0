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
  const found = ['security', 'integration', 'unit', 'conformance'].flatMap((folder) => {
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
    await quietly('tests', process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json']);
    return 'compiled';
  });
}

/** Runs tap on compiled files; prints a line for each file as it ends. */
async function runTap(files) {
  const results = new TapResults((name, counts) => {
    const parts = [`${counts.passed} passed`];
    if (counts.failed > 0) parts.push(`${counts.failed} FAILED`);
    if (counts.skipped > 0) parts.push(`${counts.skipped} skipped`);
    say(
      name
        .replace(/^build\/test\//, '')
        .replace(/\.js$/, '')
        .padEnd(44),
      parts.join(', '),
    );
  });
  const options = [
    '--disable-coverage',
    '--allow-empty-coverage',
    '--reporter=tap',
    `--jobs=${cpus().length}`,
    '--timeout=120',
  ];
  const compiled = files.map((path) => join('build/test', path.replace(/\.ts$/, '.js')));
  const child = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'run', ...options, ...compiled], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.setEncoding('utf8').on('data', (text) => results.write(text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  results.write('\n');
  if (code !== 0 && results.failed === 0) {
    results.failed++;
    results.failures.push({ where: `tap ended with ${code}`, details: [] });
  }
  return results;
}

/**
 * The machine after the run must be as it was before. With TSRUNC_SHARED_MACHINE set, when others work on the same
 * machine, only what bears the tests' names counts.
 */
function compareMachine(results, news) {
  const shared = Boolean(process.env.TSRUNC_SHARED_MACHINE);
  const ours = (line) => /tsrunc-test-|\/tt\d+x-/.test(line);
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
  const results = await runTap(files);
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
