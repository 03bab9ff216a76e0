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

export async function sample(): Promise<Sample> {
  await command(['sync']);
  // Names and inodes that nobody uses would be counted as memory.
  await writeFile('/proc/sys/vm/drop_caches', '2');
  const memory = await readFile('/proc/meminfo', 'utf8');
  const slabs = await readFile('/proc/slabinfo', 'utf8');
  const objects = (name: string) => number(slabs, new RegExp(`^${name} +(\\d+)`, 'm'));
  const cgroups = await readFile('/sys/fs/cgroup/cgroup.stat', 'utf8');
  return {
    'entries of /run/tsrunc': await count('/run/tsrunc'),
    'files of /run': lines(await command(['find', '/run', '-xdev'])),
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
    'unreclaimable slab, MiB': number(memory, /^SUnreclaim: +(\d+)/m) / 1024,
  };
}
