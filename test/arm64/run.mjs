// Tests what scripts/cross-compile.mjs builds for arm64, on x86-64 under qemu-user. Usage: node test/arm64/run.mjs [WORD...]
//   commands    what needs no container, on both architectures: the same output, but for what `mayDiffer` of commands.mjs names
//   unit tests  on Node.js for arm64, with the addon for arm64
// With WORDs only the tests whose path holds one of them, and the commands if one is `commands`.
// Builds both first. Where that can't be done it says so and ends with 3. Else the last line is `N passed, N failed, N skipped`.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from '../../scripts/setup.mjs';
import { crossToolchain } from '../../scripts/standalone-toolchain.mjs';
import { build, compileTests, installDependencies, main, quietly, say, step, top } from '../../scripts/steps.mjs';
import { tapProgram } from '../../scripts/tap-program.mjs';
import { TapResults } from '../../scripts/tap-results.mjs';
import { compareCommands } from './commands.mjs';
import { leftOut } from './left-out.mjs';
import { foreignNode } from './node.mjs';

const cannot = 3;
/** What the tests of a directory may take, in ms: many times what they do, as others may use the machine. */
const timeout = 3_600_000;
const words = process.argv.slice(2);
const selected = (name) => words.length === 0 || words.some((word) => name.includes(word));
process.chdir(top);

/** What is built for this machine, was packed of it, or is tap's own. */
const ours = ['bin', 'build', 'out', '.tap'];

/** A script that does what these words do. The kernel can't start a program of another architecture, a shell starts the emulator. */
function command(path, words) {
  writeFileSync(path, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`, { mode: 0o755 });
}

/** A tree like this one, with what is arm64's in the places of this machine's: its test files run there. */
function foreignProject(scratch, run, node) {
  for (const name of readdirSync(top).filter((one) => !ours.includes(one)))
    symlinkSync(join(top, name), join(scratch, name));
  mkdirSync(join(scratch, 'build/Release'), { recursive: true });
  cpSync('build/test', join(scratch, 'build/test'), { recursive: true });
  for (const name of ['tsrunc.node', 'tsrunc-init'])
    cpSync(join('build/aarch64', name), join(scratch, 'build/Release', name));
  mkdirSync(join(scratch, 'bin'));
  command(join(scratch, 'bin/tsrunc'), [...run, join(top, 'build/aarch64/tsrunc')]);
  command(join(scratch, 'build/test-decoder'), [...run, join(top, 'build/aarch64/test-decoder')]);
  command(join(scratch, 'build/node'), node);
}

/**
 * Loads the files in its arguments, with the program for others to start as Node.js first. All of them before a test runs: tap ends, once
 * a file has asked for a teardown, as soon as it has nothing to do, and the tests of the next file would come too late and be lost.
 * It names directories for the arguments.
 */
const runner = `
  const [, program, ...files] = process.argv;
  process.execPath = program;
  process.argv = [program, files[0]];
  const { default: t } = await import('tap');
  t.test('the files are loaded', async () => {
    for (const file of files) await import(file);
  });`;

/**
 * Runs compiled test files in one process: to load tap takes longer under qemu than most tests. Resolves with what it printed, and how
 * it ended when not well.
 */
async function runFiles(scratch, node, paths) {
  const env = {
    ...process.env,
    TAP_TIMEOUT: String(timeout / 1000),
    TSRUNC_EMULATED: '1',
    TSRUNC_TEST_DECODER: join(scratch, 'build/test-decoder'),
  };
  const args = ['--input-type=module', '-e', runner, join(scratch, 'build/node'), ...paths];
  return await tapProgram([...node, ...args], { cwd: scratch, env, timeout: timeout + 10_000 });
}

async function unitTests(tools) {
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-arm64-'));
  const results = new TapResults((name, { passed, failed, skipped }) =>
    say(name.padEnd(20), `${passed} passed, ${failed} failed, ${skipped} skipped`),
  );
  try {
    const node = foreignNode(tools, scratch);
    foreignProject(scratch, tools.run, node);
    const tests = readdirSync('test/unit', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && selected(name))
      .map((name) => name.replace(/\.test\.ts$/, ''))
      .sort();
    const without = tests.filter((test) => leftOut(test) !== null);
    for (const test of without) say('left out', `${test}: ${leftOut(test)}`);
    const groups = new Map();
    for (const test of tests.filter((one) => leftOut(one) === null)) {
      const [directory] = test.split('/');
      const file = join(scratch, 'build/test/test/unit', `${test}.test.js`);
      groups.set(directory, [...(groups.get(directory) ?? []), file]);
    }
    const left = [...groups];
    const work = async () => {
      for (let group = left.shift(); group !== undefined; group = left.shift()) {
        const { output, how } = await runFiles(scratch, node, group[1]);
        results.file(group[0], output, how);
      }
    };
    await Promise.all(cpus().map(work));
    return { results, files: without.length };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

await main(async () => {
  await setup();
  await installDependencies();
  build();
  let tools;
  try {
    tools = crossToolchain((text) => say('arm64', text));
  } catch (error) {
    console.log(`skipped: ${error.message}`);
    return cannot;
  }
  await step('arm64', async () => {
    await quietly('cross-compile', process.execPath, ['scripts/cross-compile.mjs']);
    return 'built';
  });
  await compileTests();
  if (!existsSync('build/standalone/tsrunc')) {
    console.log('skipped: there is no standalone executable to compare with');
    return cannot;
  }
  const compared = selected('commands') ? compareCommands(tools) : { passed: 0, failures: [] };
  const { results, files } = await unitTests(tools);
  const failures = [...compared.failures, ...results.failures];
  for (const { where, details } of failures)
    console.log(`\nFAILED ${where}\n${details.map((line) => `  ${line}`).join('\n')}`);
  for (const [reason, count] of results.skipped) console.log(`  skipped ${count}: ${reason}`);
  console.log(
    `${compared.passed + results.passed} passed, ${compared.failures.length + results.failed} failed, ${results.skips + files} skipped`,
  );
  return failures.length === 0 ? 0 : 1;
});
