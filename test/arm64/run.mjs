// Tests what scripts/cross-compile.mjs builds for arm64, on x86-64 under qemu-user. Usage: node test/arm64/run.mjs [WORD...]
//   commands    what needs no container, on both architectures: the same output, but for what `mayDiffer` of commands.mjs names
//   unit tests  on Node.js for arm64, with the addon for arm64; a WORD selects those whose path holds it
// Builds both first. Where that can't be done it says so and ends with 3. Else the last line is `N passed, N failed, N skipped`.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setup } from '../../scripts/setup.mjs';
import { crossToolchain } from '../../scripts/standalone-toolchain.mjs';
import { build, compileTests, installDependencies, main, quietly, say, step, top } from '../../scripts/steps.mjs';
import { TapResults } from '../../scripts/tap-results.mjs';
import { compareCommands } from './commands.mjs';
import { leftOut } from './left-out.mjs';
import { foreignNode } from './node.mjs';

const cannot = 3;
/** What the tests of a directory may take, in ms. */
const timeout = 1_200_000;
const words = process.argv.slice(2);
process.chdir(top);

/** A tree like this one, with what is arm64's in the places of this machine's: its test files run there. */
function foreignProject(scratch, run) {
  for (const name of [
    'node_modules',
    'test',
    'src',
    'scripts',
    'docs',
    'addon',
    'package.json',
    'spec-schemas',
    'README.md',
  ])
    symlinkSync(join(top, name), join(scratch, name));
  mkdirSync(join(scratch, 'build/Release'), { recursive: true });
  cpSync('build/test', join(scratch, 'build/test'), { recursive: true });
  for (const name of ['tsrunc.node', 'tsrunc-init'])
    cpSync(join('build/aarch64', name), join(scratch, 'build/Release', name));
  mkdirSync(join(scratch, 'bin'));
  // The kernel can't start it, a shell can.
  const command = [...run, join(top, 'build/aarch64/tsrunc')].map((word) => `'${word}'`).join(' ');
  writeFileSync(join(scratch, 'bin/tsrunc'), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
}

/**
 * Runs compiled test files in one process: to load tap takes longer under qemu than most tests. Resolves with what it printed, and how
 * it ended when not well.
 */
function runFiles(scratch, node, paths) {
  return new Promise((resolve) => {
    const env = { ...process.env, TAP_TIMEOUT: String(timeout / 1000), TSRUNC_EMULATED: '1' };
    const script = 'for (const file of process.argv.slice(1)) await import(file)';
    const args = [...node.slice(1), '--input-type=module', '-e', script, ...paths];
    const child = spawn(node[0], args, { cwd: scratch, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeout + 10_000);
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

async function unitTests(tools) {
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-arm64-'));
  const results = new TapResults((name, { passed, failed, skipped }) =>
    say(name.padEnd(20), `${passed} passed, ${failed} failed, ${skipped} skipped`),
  );
  try {
    const node = foreignNode(tools, scratch);
    foreignProject(scratch, tools.run);
    const tests = readdirSync('test/unit', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && words.every((word) => name.includes(word)))
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
  const compared = words.length > 0 ? { passed: 0, failures: [] } : compareCommands(tools);
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
