/** What a container that is gone may have left in the machine. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from './command.js';

async function processes(ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '');
    const cgroup = await readFile(join('/proc', pid, 'cgroup'), 'utf8').catch(() => '');
    if (ids.some((id) => words.includes(id) || cgroup.includes(id)))
      found.push(`process ${pid}: ${words.replaceAll('\0', ' ').slice(0, 100)}`);
  }
  return found;
}

/**
 * Looks for cgroups, mounts, files of the runtime and the engine below /run, and processes that bear one of the ids.
 * @returns a line for each
 */
export async function traces(ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const ours = (line: string) => ids.some((id) => line.includes(id));
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter(ours);
  const directories = await attempt(['find', '/sys/fs/cgroup', '/run', '-type', 'd']);
  return [
    ...directories.stdout.split('\n').filter(ours),
    ...mounts.map((line) => `mount ${line.split(' ')[4]}`),
    ...(await processes(ids)),
  ];
}
