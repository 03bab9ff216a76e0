/** What a quiet machine has: figures that must be the same after an hour. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { command } from '../../engines/guest/command.js';

export type Sample = Readonly<Record<string, number>>;

const count = async (path: string) => (await readdir(path).catch(() => [])).length;
const lines = (text: string) => text.split('\n').filter(Boolean).length;
const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);

/** Entries of a program's /proc/PID/fd; 0 where it doesn't run. */
async function descriptorsOf(unit: string): Promise<number> {
  const pid = await command(['systemctl', 'show', '--property', 'MainPID', '--value', unit]);
  return pid === '0' ? 0 : await count(`/proc/${pid}/fd`);
}

/** Files of /run, but for journald's, which keeps as many old ones as it likes, up to a size. */
async function filesOfRun(): Promise<string[]> {
  const found = await command(['find', '/run', '-xdev', '-path', '/run/log/journal', '-prune', '-o', '-print']);
  return found.split('\n').filter(Boolean);
}

/** Text of /proc/slabinfo, with objects in use alone. */
async function slabInfo(): Promise<string> {
  // What a processor holds ready for the next object would be counted as used.
  for (const cache of await readdir('/sys/kernel/slab')) await writeFile(`/sys/kernel/slab/${cache}/shrink`, '1');
  return await readFile('/proc/slabinfo', 'utf8');
}

/** Memory of the kernel's objects that are in use, KiB, for each of its caches. */
function kernelObjects(slabs: string): Record<string, number> {
  const used: Record<string, number> = {};
  // Name, objects in use, objects, their size.
  const rows = slabs.matchAll(/^(\S+) +(\d+) +\d+ +(\d+) /gm);
  for (const [, name, count, size] of rows) used[name!] = (Number(count) * Number(size)) / 1024;
  return used;
}

/** Which files /run has, and how much memory (KiB) the objects of each of the kernel's caches take: these tell what has grown. */
export interface Parts {
  readonly run: readonly string[];
  readonly slabs: Readonly<Record<string, number>>;
}

/** All figures, and what two of them are made of. */
export async function sample(): Promise<{ sample: Sample; parts: Parts }> {
  await command(['sync']);
  // Names and inodes that nobody uses would be counted as memory.
  await writeFile('/proc/sys/vm/drop_caches', '2');
  const slabs = await slabInfo();
  const parts = { run: await filesOfRun(), slabs: kernelObjects(slabs) };
  const memory = await readFile('/proc/meminfo', 'utf8');
  const objects = (name: string) => number(slabs, new RegExp(`^${name} +(\\d+)`, 'm'));
  const cgroups = await readFile('/sys/fs/cgroup/cgroup.stat', 'utf8');
  const sample = {
    'entries of /run/tsrunc': await count('/run/tsrunc'),
    'files of /run': parts.run.length,
    'files of /tmp': await count('/tmp'),
    cgroups: number(cgroups, /^nr_descendants (\d+)/m),
    'dying cgroups': number(cgroups, /^nr_dying_descendants (\d+)/m),
    mounts: lines(await readFile('/proc/self/mountinfo', 'utf8')),
    units: lines(await command(['systemctl', 'list-units', '--all', '--plain', '--no-legend'])),
    processes: (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).length,
    'open files': Number((await readFile('/proc/sys/fs/file-nr', 'utf8')).split('\t')[0]),
    'descriptors of dockerd': await descriptorsOf('docker'),
    'descriptors of containerd': await descriptorsOf('containerd'),
    'network namespaces': objects('net_namespace'),
    'mount structures': objects('mnt_cache'),
    keys: lines(await readFile('/proc/keys', 'utf8')),
    'slab, MiB': number(memory, /^Slab: +(\d+)/m) / 1024,
    'kernel objects, MiB': Object.values(parts.slabs).reduce((sum, size) => sum + size, 0) / 1024,
  };
  return { sample, parts };
}
