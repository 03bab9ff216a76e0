import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What a container can leave behind on a machine. Each entry is one thing, as a line. */
export interface Machine {
  mounts: string[];
  cgroups: string[];
  processes: string[];
  files: string[];
}

/**
 * Every mount, cgroup and process, the files of ours in /tmp, every entry of /run/tsrunc and /run/runc. Left out are the
 * kernel's threads, and what a supervisor that put this run into a cgroup of its own does beside it meanwhile.
 */
export function snapshot(): Machine {
  return { mounts: mounts(), cgroups: cgroups(), processes: processes(), files: files() };
}

/** What is in `after` and was not in `before`. */
export function added(before: Machine, after: Machine): Machine {
  const news = (kind: keyof Machine): string[] => {
    const old = new Set(before[kind]);
    return after[kind].filter((one) => !old.has(one));
  };
  return { mounts: news('mounts'), cgroups: news('cgroups'), processes: news('processes'), files: news('files') };
}

export function mounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  return lines.map((line) => line.split(' ').slice(3, 5).join(' '));
}

/** Our own cgroups, from /proc/self/cgroup; those that lie at the top have no neighbours that we could tell from ours. */
const own = readFileSync('/proc/self/cgroup', 'utf8')
  .split('\n')
  .map((line) => line.replace(/^\d+:[^:]*:/, ''))
  .filter((path) => dirname(path) !== '/' && path !== '');

/** True for the path of a cgroup (or a longer one that ends in it) that lies beside our own, where no test makes any. */
function isNeighbour(path: string): boolean {
  return own.some((mine) => {
    const at = path.indexOf(`${dirname(mine)}/`);
    return at >= 0 && !`${path.slice(at)}/`.startsWith(`${mine}/`);
  });
}

export function cgroups(): string[] {
  const found: string[] = [];
  const walk = (directory: string): void => {
    for (const entry of readdirOrNone(directory)) {
      const path = join(directory, entry);
      if (isNeighbour(path)) continue;
      found.push(path);
      walk(path);
    }
  };
  walk('/sys/fs/cgroup');
  return found;
}

function readdirOrNone(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    // Gone while it was walked.
    return [];
  }
}

interface ProcessEntry {
  command: string;
  state: string;
  parent: string;
  started: number;
}

export function processes(): string[] {
  const all = new Map<string, ProcessEntry>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const groups = readFileSync(`/proc/${name}/cgroup`, 'utf8').trim().split('\n');
      if (groups.some((line) => isNeighbour(line.replace(/^\d+:[^:]*:/, '')))) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      all.set(name, { command, state: fields[0] ?? '', parent: fields[1] ?? '', started: Number(fields[19]) });
    } catch {
      // It ended meanwhile.
    }
  }
  const self = String(process.pid);
  const lineage = new Set(parents(all, self));
  const since = all.get(self)?.started ?? 0;
  // Nothing that we started leaves our reaper (test/helpers/reaper.py). Without one, a container's orphans end at process 1,
  // and only what another, older process started is known to be that one's.
  const reaper = process.env.TSRUNC_TEST_REAPER;
  const isStrangers = (pid: string): boolean => {
    const above = parents(all, pid);
    if (reaper !== undefined && lineage.has(reaper)) return !above.includes(reaper);
    return above.some((one) => one !== '1' && !lineage.has(one) && (all.get(one)?.started ?? since) < since);
  };
  // An orphan that has ended is process 1's to reap, which may take its time.
  const isEnded = ({ state, parent }: ProcessEntry): boolean => state === 'Z' && parent === '1';
  return [...all]
    .filter(
      ([pid, entry]) => pid !== self && pid !== '2' && entry.parent !== '2' && !isEnded(entry) && !isStrangers(pid),
    )
    .map(([pid, { command }]) => `${pid} ${command} ${rootOf(pid)}`);
}

/** The process's parent, its parent, and so on. */
function parents(all: ReadonlyMap<string, ProcessEntry>, pid: string): string[] {
  const found: string[] = [];
  for (let one = all.get(pid)?.parent; one !== undefined && one !== '0'; one = all.get(one)?.parent) found.push(one);
  return found;
}

function rootOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return '';
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // It isn't there; or it is root's, and then nothing in it is ours.
    return [];
  }
}

function files(): string[] {
  return ['/tmp', '/run/tsrunc', '/run/runc'].flatMap((directory) =>
    namesIn(directory)
      .filter((name) => directory !== '/tmp' || name.includes('tsrunc'))
      .map((name) => join(directory, name)),
  );
}

/**
 * What `difference` says once it no longer changes for the better: the kernel takes a moment to reap a process that was
 * just killed and to let go of its cgroup.
 */
export async function settled(difference: () => Machine): Promise<Machine> {
  let last = difference();
  for (let tries = 0; tries < 50 && Object.values(last).some((lines: string[]) => lines.length > 0); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    last = difference();
  }
  return last;
}
