import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What a container can leave behind on a machine. Each entry is one thing, as a line. */
export interface Machine {
  mounts: string[];
  cgroups: string[];
  processes: string[];
  files: string[];
}

/** Every mount, cgroup, process (kernel threads left out) and every entry of /tmp, /run/tsrunc and /run/runc. */
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

export function cgroups(): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirOrNone(folder)) {
      const path = join(folder, entry);
      found.push(path);
      walk(path);
    }
  };
  walk('/sys/fs/cgroup');
  return found;
}

function readdirOrNone(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    // Gone while it was walked.
    return [];
  }
}

export function processes(): string[] {
  const found: string[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const command = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // 2 is kthreadd: the kernel's own threads come and go.
      if (fields[1] !== '2' && name !== '2') found.push(`${name} ${command} ${rootOf(name)}`);
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function rootOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/root`);
  } catch {
    return '';
  }
}

function files(): string[] {
  return ['/tmp', '/run/tsrunc', '/run/runc'].flatMap((folder) => {
    try {
      return readdirSync(folder).map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
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
