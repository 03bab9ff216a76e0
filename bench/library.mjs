// What the client of the library costs beside spawning the command by hand: `node bench/library.mjs [ROUNDS]`, as root, after a build.
// Prints medians in milliseconds for state and exec, one after the other, and execs a second with several at once. CPU time is that of this
// program alone, and says the cost of the client on a machine that does other things as well.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { exampleSpec, OciRuntime } from '../dist/library/index.js';

const rounds = Number(process.argv[2] ?? 200);
const home = mkdtempSync('/tmp/tsrunc-bench-library-');
const command = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../bin/tsrunc');
const root = join(home, 'state');
const runtime = new OciRuntime({ command, root });

function spec() {
  const rootfs = join(home, 'rootfs');
  for (const name of ['bin', 'proc', 'sys', 'dev']) mkdirSync(join(rootfs, name), { recursive: true });
  cpSync(realpathSync('/bin/busybox'), join(rootfs, 'bin/busybox'));
  for (const name of ['sleep', 'true']) symlinkSync('busybox', join(rootfs, 'bin', name));
  const example = exampleSpec({ cgroupNamespace: false });
  return {
    ...example,
    root: { path: rootfs, readonly: true },
    process: { ...example.process, terminal: false, args: ['sleep', '100000'], env: ['PATH=/bin'] },
  };
}

/** The same command line by hand: its output is collected, and its end waited for. */
function byHand(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ['--root', root, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Medians of several ways to do the same, which take turns. */
async function compare(ways) {
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  const cpu = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (let round = -5; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const begin = performance.now();
      const before = process.cpuUsage();
      await way();
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      times[name].push(performance.now() - begin);
      cpu[name].push((user + system) / 1000);
    }
  }
  const medians = (lists) => Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, median(values)]));
  return { times: medians(times), cpu: medians(cpu) };
}

/** How many a second, with `width` at once. */
async function throughput(way, width) {
  const begin = performance.now();
  let left = rounds;
  const work = async () => {
    while (left-- > 0) await way();
  };
  await Promise.all(Array.from({ length: width }, work));
  return rounds / ((performance.now() - begin) / 1000);
}

const id = 'bench';
try {
  await runtime.run(id, spec(), { detach: true });
  const ways = {
    state: { 'by hand': () => byHand('state', id), client: () => runtime.state(id) },
    exec: { 'by hand': () => byHand('exec', id, 'true'), client: () => runtime.exec(id, ['true']) },
  };
  console.log(`Node.js ${process.version}, ${cpus().length} CPUs, ${rounds} rounds; medians`);
  for (const [name, both] of Object.entries(ways)) {
    const { times, cpu } = await compare(both);
    const line = (found) => `by hand ${found['by hand'].toFixed(2)} ms, client ${found.client.toFixed(2)} ms`;
    console.log(`${name}: ${line(times)}; CPU time of this program: ${line(cpu)}`);
  }
  for (const width of [1, 8, 32]) {
    const hand = await throughput(ways.exec['by hand'], width);
    const client = await throughput(ways.exec.client, width);
    console.log(`${width} at once: by hand ${hand.toFixed(0)} execs/s, client ${client.toFixed(0)} execs/s`);
  }
} finally {
  await runtime.delete(id, { force: true });
  rmSync(home, { recursive: true, force: true });
}
