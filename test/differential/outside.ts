/** What the host sees of a process in a container, and of its cgroup. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Controller } from './world.js';

export interface Outside {
  /** Texts of files in /proc/PID. */
  readonly files: Readonly<Record<string, string>>;
  /** Namespaces, by their names in /proc/PID/ns. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Settings of its cgroups: `memory/memory.limit_in_bytes`. */
  readonly cgroup: Readonly<Record<string, string>>;
}

const files = [
  ...['mountinfo', 'status', 'cgroup', 'uid_map', 'gid_map', 'setgroups', 'oom_score_adj', 'timens_offsets'],
  ...['coredump_filter', 'loginuid', 'stat'],
];

/** Files of a cgroup that say what is, not what was asked for. */
const measured =
  /stat|usage|failcnt|events|pressure|procs|tasks|threads|current|peak|slabinfo|effective|serviced|service_bytes|event_control|force_empty|reset_stats|reclaim|cgroup\.(kill|controllers)|release_agent|sane_behavior|sectors|io_\w+_recursive/;

export function seenFromOutside(pid: number, controllers: readonly Controller[]): Outside {
  const texts = files.map((name) => [name, textOr(`/proc/${pid}/${name}`)]);
  const namespaces = readdirSync(`/proc/${pid}/ns`).map((name) => [name, readlinkSync(`/proc/${pid}/ns/${name}`)]);
  return {
    files: Object.fromEntries(texts),
    namespaces: Object.fromEntries(namespaces),
    cgroup: settingsOf(pid, controllers),
  };
}

/** The settings of the cgroups that a process is in. */
export function settingsOf(pid: number, controllers: readonly Controller[]): Record<string, string> {
  const result: Record<string, string> = {};
  const paths = new Map(
    textOr(`/proc/${pid}/cgroup`)
      .trim()
      .split('\n')
      .map((line) => line.split(':'))
      .map(([, names = '', path = '']) => [names, path]),
  );
  for (const { name, mount, root } of controllers) {
    const path = paths.get(name);
    if (path === undefined) continue;
    const directory = join(mount, path.startsWith(root) ? path.slice(root.length) : path);
    if (!existsSync(directory)) continue;
    for (const file of readdirSync(directory, { withFileTypes: true })) {
      if (file.isDirectory() || measured.test(file.name)) continue;
      result[`${name}/${file.name}`] = textOr(join(directory, file.name)).trim();
    }
  }
  return result;
}

function textOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}
