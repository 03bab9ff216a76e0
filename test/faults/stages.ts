import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mount } from '../../src/config/spec.js';
import type { TestConfig } from '../helpers/config.js';
import { receiver } from '../helpers/python.js';
import type { Ended } from './command.js';
import type { Site } from './site.js';

/** What came of one try. */
export interface Attempt {
  /** Of the command that failed, or 0; 124 where one didn't end. */
  readonly status: number | null;
  readonly stderr: string;
  /** What the probe said, wherever it ran; '' where it didn't. */
  readonly output: string;
  /** What is on the machine after a failure that shouldn't be, or after everything was removed. */
  readonly left: readonly string[];
}

/** Makes and observes one kind of container again and again. */
export interface Stage {
  /** @param fault arguments of `fault` for the command that is tried. */
  attempt(fault: readonly string[]): Promise<Attempt>;
  close(): Promise<void>;
}

export type Change = (config: TestConfig, site: Site) => void;

const attempt = (site: Site, ended: Ended, output: string, left: readonly string[]): Attempt => ({
  status: ended.status,
  stderr: ended.stderr,
  output: site.normal(output),
  left,
});

/** What hooks wrote; removed for the next try. */
function hookOutput(site: Site): string {
  return readdirSync(site.hooks)
    .map((name) => {
      const text = readFileSync(join(site.hooks, name), 'utf8');
      rmSync(join(site.hooks, name));
      return `${name} hook:\n${text}`;
    })
    .join('');
}

/** What is left, and is no more afterwards. */
async function removeLeft(site: Site): Promise<string[]> {
  const left = site.left();
  if (left.length > 0) await site.call(['delete', '--force', site.id]);
  return left;
}

/** `run` in the foreground. */
export function runStage(
  site: Site,
  change: Change,
  flags: readonly string[] = [],
  also: readonly string[] = [],
  globals: readonly string[] = [],
): Stage {
  return {
    async attempt(fault) {
      site.renew(change);
      const ended = await site.call([...globals, 'run', ...flags, '--bundle', site.bundle, site.id], { fault, also });
      const hooks = hookOutput(site);
      return attempt(site, ended, ended.status === 0 ? hooks + ended.stdout : ended.stdout, await removeLeft(site));
    },
    close: async () => {},
  };
}

/** `create`, then `start`: the call that is tried may come after either. */
export function createStage(site: Site, change: Change): Stage {
  const out = join(site.directory, 'output');
  return {
    async attempt(fault) {
      site.renew(change);
      const also = ['--leaves', '1'];
      const created = await site.call(['create', '--bundle', site.bundle, site.id], { fault, also, out });
      if (created.status !== 0) hookOutput(site);
      if (created.status !== 0) return attempt(site, created, '', await removeLeft(site));
      const { pid } = JSON.parse((await site.call(['state', site.id])).stdout) as { pid: number };
      const started = await site.call(['start', site.id]);
      if (started.status === 0) await ended(pid);
      const output = readFileSync(out, 'utf8');
      const hooks = hookOutput(site);
      await site.call(['delete', '--force', site.id]);
      return attempt(site, started, started.status === 0 ? hooks + output : output, await removeLeft(site));
    },
    close: async () => {},
  };
}

/** Until a process that isn't ours is gone, or dead. */
async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Makes a container whose process waits, once. */
async function startWaiting(site: Site, change: Change): Promise<number> {
  site.renew((config) => {
    change(config, site);
    config.process.args = ['/probe', '--wait'];
  });
  const ended = await site.call(['run', '--detach', '--bundle', site.bundle, site.id]);
  if (ended.status !== 0) throw new Error(ended.stderr);
  return (JSON.parse((await site.call(['state', site.id])).stdout) as { pid: number }).pid;
}

/** A container that runs, for what is done in it. Made anew when it has ended. */
class Running {
  private pid = 0;

  constructor(
    private readonly site: Site,
    private readonly change: Change,
  ) {}

  /** Its pid. */
  async ready(): Promise<number> {
    if (this.pid === 0) this.pid = await startWaiting(this.site, this.change);
    return this.pid;
  }

  /** What shouldn't be there after a command on it; it is made anew then. */
  async wrong(): Promise<string[]> {
    const left = this.site.left().filter((line) => line.startsWith('left '));
    const group = this.site.left().find((line) => line.startsWith('/'));
    const processes = group === undefined ? [] : readFileSync(join(group, 'cgroup.procs'), 'utf8').trim().split('\n');
    if (!processes.includes(String(this.pid))) left.push('the container has ended');
    if (processes.length > 1) left.push(`${processes.length} processes in the container`);
    if (left.length > 0) await this.end();
    return left;
  }

  async end(): Promise<void> {
    if (this.pid !== 0) await this.site.call(['delete', '--force', this.site.id]);
    this.pid = 0;
  }
}

/** With a seccomp agent that listens anew at each try. */
export function withAgent(site: Site, stage: Stage): Stage {
  return {
    async attempt(fault) {
      const agent = await receiver(site.socket, 'seccomp');
      try {
        return await stage.attempt(fault);
      } finally {
        agent.child.kill('SIGKILL');
        await agent.lines();
        rmSync(site.socket, { force: true });
      }
    },
    close: () => stage.close(),
  };
}

/** `exec` of the probe in a running container. */
export function execStage(
  site: Site,
  change: Change,
  process: (config: TestConfig['process']) => void,
  also: readonly string[] = [],
): Stage {
  const container = new Running(site, change);
  const file = join(site.directory, 'process.json');
  return {
    async attempt(fault) {
      await container.ready();
      const { process: own } = JSON.parse(readFileSync(join(site.bundle, 'config.json'), 'utf8')) as TestConfig;
      own.args = ['/probe', ...site.namespaces];
      process(own);
      writeFileSync(file, JSON.stringify(own));
      const ended = await site.call(['exec', '--process', file, site.id], { fault, also });
      return attempt(site, ended, ended.stdout, await container.wrong());
    },
    close: () => container.end(),
  };
}

/** `mounts add` or `mounts remove` of mounts; what is there afterwards is the container's table of mounts. */
export function mountsStage(site: Site, command: 'add' | 'remove', list: (site: Site) => Mount[]): Stage {
  const container = new Running(site, () => {});
  const file = join(site.directory, 'mounts.json');
  return {
    async attempt(fault) {
      const pid = await container.ready();
      const table = () => mountTable(pid);
      const before = table();
      writeFileSync(file, JSON.stringify(list(site)));
      if (command === 'remove') await site.call(['mounts', 'add', site.id, file]);
      const unchanged = table();
      const ended = await site.call(['mounts', command, site.id, file], { fault });
      const after = table();
      if (table() !== before) await site.call(['mounts', 'remove', site.id, file]);
      const left = await container.wrong();
      if (table() !== before) await container.end();
      // Said to have failed, a removal may be done all the same.
      const isAsBefore = after === unchanged || (command === 'remove' && after === before);
      return attempt(site, ended, ended.status !== 0 && isAsBefore ? '' : after, left);
    },
    close: () => container.end(),
  };
}

/** Without the numbers of the mounts. */
function mountTable(pid: number): string {
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').replace(/^\d+ \d+ \d+:\d+ /gm, '');
}
