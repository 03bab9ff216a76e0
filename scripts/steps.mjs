// What setup, demo and test share: one line of output for each step, with its time.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Begins a command line: what its processes leave behind is reaped at once. The first process of a machine may take its time, and
 * runc waits for that.
 */
export const reaper = existsSync('/usr/bin/python3') ? ['/usr/bin/python3', join(top, 'test/helpers/reaper.py')] : [];

const seconds = (since) => `${(Number(process.hrtime.bigint() - since) / 1e9).toFixed(1)} s`;
export const say = (name, text) => console.log(`  ${name.padEnd(20)}${text}`);

/** Runs `work`, which returns what it did in a few words, and prints that with the time it took. */
export async function step(name, work) {
  const since = process.hrtime.bigint();
  const text = await work();
  say(name, `${text}, ${seconds(since)}`);
}

/** Runs a program silently; what it says goes to build/log/NAME.log and is shown when it fails. */
export async function quietly(name, command, args, env = {}) {
  const child = spawn(command, args, { cwd: top, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = [];
  child.stdout.on('data', (data) => parts.push(data));
  child.stderr.on('data', (data) => parts.push(data));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      parts.push(Buffer.from(`${error.message}\n`));
      resolve(-1);
    });
    child.once('close', resolve);
  });
  mkdirSync(join(top, 'build/log'), { recursive: true });
  writeFileSync(join(top, 'build/log', `${name}.log`), Buffer.concat(parts));
  if (code !== 0) {
    process.stderr.write(Buffer.concat(parts).subarray(-8000));
    throw new Error(`${name}: ${command} ${args.join(' ')} failed (${code})`);
  }
}

/** `npm ci`, unless node_modules is what package-lock.json asks for. No script of a package is run. */
export async function installDependencies() {
  const lock = join(top, 'package-lock.json');
  const stamp = join(top, 'node_modules/.package-lock.sha256');
  const hidden = join(top, 'node_modules/.package-lock.json');
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');
  await step('dependencies', async () => {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 'up to date';
    if (!existsSync(stamp) && existsSync(hidden) && statSync(hidden).mtimeMs >= statSync(lock).mtimeMs)
      return 'up to date';
    await quietly('npm-ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=warn']);
    writeFileSync(stamp, wanted);
    return 'npm ci';
  });
}

/** Compiles the tests into build/test. */
export async function compileTests() {
  await step('tests', async () => {
    const incremental = ['--incremental', '--tsBuildInfoFile', 'build/tsconfig.test.tsbuildinfo'];
    const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json', ...incremental];
    await quietly('tests', process.execPath, tsc);
    return 'compiled';
  });
}

/** `npm run build`, whose own lines are shown. */
export function build() {
  const result = spawnSync('npm', ['run', '--silent', 'build'], { cwd: top, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) throw new Error('npm run build failed');
}

/** Runs a script's main part; an error ends it with one line. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(`${error.message}`);
    process.exitCode = 1;
  }
}
