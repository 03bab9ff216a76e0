/** Containers made by tsrunc's own commands. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { command } from '../../engines/guest/command.js';
import type { Round } from './round.js';

const tsrunc = '/usr/local/bin/tsrunc';
const bundles = '/opt/long-life';
/** The kinds of containers, each with a bundle: what it runs, and what it has of memory in bytes. */
const kinds = {
  sleep: { args: ['sleep', '1000'], memory: 64 << 20 },
  end: { args: ['sh', '-c', 'exit 7'], memory: 64 << 20 },
  // Takes memory until there is none.
  hungry: { args: ['tail', '/dev/zero'], memory: 8 << 20 },
} as const;

export async function makeBundles(): Promise<void> {
  const rootfs = `${bundles}/rootfs`;
  await mkdir(rootfs, { recursive: true });
  await command(['tar', '-C', rootfs, '-xf', '/opt/busybox.tar']);
  for (const [kind, { args, memory }] of Object.entries(kinds)) {
    const bundle = `${bundles}/${kind}`;
    await mkdir(bundle, { recursive: true });
    await command([tsrunc, 'spec', '--no-terminal', '--bundle', bundle, '--', ...args]);
    const path = `${bundle}/config.json`;
    const spec = JSON.parse(await readFile(path, 'utf8'));
    spec.root = { path: rootfs, readonly: true };
    spec.linux.resources = { ...spec.linux.resources, memory: { limit: memory, swap: memory }, pids: { limit: 50 } };
    await writeFile(path, JSON.stringify(spec));
  }
}

const bundle = (kind: keyof typeof kinds) => ['--bundle', `${bundles}/${kind}`];

/** A life with all that can happen in one. */
async function life(round: Round, flags: readonly string[] = []): Promise<void> {
  const id = round.id('c');
  const call = (status: number, ...words: string[]) => round.needs(status, tsrunc, ...flags, ...words);
  try {
    await round.leaves(tsrunc, ...flags, 'create', ...bundle('sleep'), id);
    await call(0, 'start', id);
    if ((await call(0, 'exec', id, 'echo', 'here')) !== 'here\n') throw new Error(`${id}: exec lost its output`);
    await round.leaves(tsrunc, ...flags, 'exec', '--detach', id, 'sleep', '1000');
    await call(0, 'update', '--memory', `${32 << 20}`, '--pids-limit', '40', id);
    await call(0, 'pause', id);
    if (JSON.parse(await call(0, 'state', id)).status !== 'paused') throw new Error(`${id}: isn't paused`);
    await call(0, 'resume', id);
    await call(0, 'ps', id);
    await call(0, 'events', '--stats', id);
    await call(0, 'kill', id, 'KILL');
  } finally {
    await round.needs(0, tsrunc, ...flags, 'delete', '--force', id);
  }
}

async function run(round: Round): Promise<void> {
  await round.needs(7, tsrunc, 'run', ...bundle('end'), round.id('r'));
}

async function outOfMemory(round: Round): Promise<void> {
  await round.needs(137, tsrunc, 'run', ...bundle('hungry'), round.id('o'));
}

/** A `create` that is killed at some moment, and what it made removed. */
async function killed(round: Round): Promise<void> {
  const id = round.id('k');
  const child = spawn(tsrunc, ['create', ...bundle('sleep'), id], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => resolve());
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), Math.random() * 300);
  try {
    await ended;
  } finally {
    clearTimeout(timer);
    await round.needs(0, tsrunc, 'delete', '--force', id);
  }
}

const works = [life, run, (round: Round) => life(round, ['--systemd-cgroup']), outOfMemory, killed];

/** One after the other, for as long as the round goes on. */
export async function workDirectly(round: Round, first: number): Promise<void> {
  for (let i = first; round.goesOn; i++) await round.operation(() => works[i % works.length]!(round));
}

/** Removes what a disturbance left; after that there must be nothing. */
export async function removeAll(round: Round): Promise<void> {
  const entries = await readdir('/run/tsrunc').catch(() => []);
  for (const id of entries.filter((name) => name.startsWith('life-')))
    await round.needs(0, tsrunc, 'delete', '--force', id);
}
