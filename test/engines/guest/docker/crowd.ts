/** Many containers, several at a time: none may be lost, nothing may stay. */
import { deepEqual, equal } from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Case } from '../case.js';
import { traces } from '../traces.js';
import { ask } from './api.js';
import type { Docker } from './docker.js';

const atATime = 8;
const steps = ['create', 'start', 'exec', 'kill', 'remove'] as const;
type Times = Record<(typeof steps)[number], number[]>;

/** One container's life: a limit that is looked at by an exec, a volume that holds what the exec wrote. */
async function life(docker: Docker, times: Times): Promise<string> {
  const volume = docker.another();
  const timed = async <T>(step: (typeof steps)[number], work: Promise<T>): Promise<T> => {
    const since = process.hrtime.bigint();
    const result = await work;
    times[step].push(Number(process.hrtime.bigint() - since) / 1e9);
    return result;
  };
  const HostConfig = { Memory: 16 << 20, PidsLimit: 20, Binds: [`${volume}:/data`] };
  const config = { Cmd: ['sleep', '100000'], HostConfig };
  const name = await timed('create', docker.create(config));
  await timed('start', docker.start(name));
  const line = 'echo $HOSTNAME > /data/file; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max';
  const { stdout, stderr } = await timed('exec', docker.exec(name, line));
  equal(stdout, `${16 << 20}\n20\n`, stderr);
  const { Id } = await docker.inspect(name);
  const ended = docker.wait(name);
  await timed(
    'kill',
    docker.api('POST', `/containers/${name}/kill`).then(() => ended),
  );
  equal(await ended, 137);
  const { Mountpoint } = await docker.api<{ Mountpoint: string }>('GET', `/volumes/${volume}`);
  equal((await readFile(`${Mountpoint}/file`, 'utf8')).trim(), Id.slice(0, 12));
  await timed('remove', docker.api('DELETE', `/containers/${name}`));
  await docker.api('DELETE', `/volumes/${volume}`);
  return Id;
}

const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1]!;

async function crowd(docker: Docker, size: number): Promise<string> {
  const count = async () => (await docker.api<unknown[]>('GET', '/containers/json?all=1')).length;
  const before = await count();
  const times: Times = { create: [], start: [], exec: [], kill: [], remove: [] };
  const ids: string[] = [];
  const since = process.hrtime.bigint();
  let begun = 0;
  const worker = async () => {
    while (begun < size) {
      begun++;
      ids.push(await life(docker, times));
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  const whole = Number(process.hrtime.bigint() - since) / 1e9;
  equal(ids.length, size);
  equal(await count(), before);
  const { body } = await ask('GET', '/containers/json?all=1');
  deepEqual(
    ids.filter((id) => body.toString().includes(id)),
    [],
  );
  deepEqual(await traces(ids), []);
  const medians = steps.map((step) => `${step} ${middle(times[step]).toFixed(2)}`);
  return `${size} containers, ${atATime} at a time: ${whole.toFixed(0)} s; medians in s: ${medians.join(', ')}`;
}

export const crowdCases: readonly Case<Docker>[] = [
  { name: 'crowd of 200', alone: true, seconds: 7200, drivers: ['cgroupfs'], show: (docker) => crowd(docker, 200) },
  { name: 'crowd of 24', quick: true, alone: true, seconds: 1800, show: (docker) => crowd(docker, 24) },
];
