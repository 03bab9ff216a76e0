/** What a case of containerd's own client works with. */
import { readFile } from 'node:fs/promises';
import type { Context, Runtime } from '../case.js';
import { attempt, command, inTerminal, type Outcome, until } from '../command.js';
import { traces } from '../traces.js';

const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };
const image = 'docker.io/library/busybox:latest';

export class Ctr {
  readonly context: Context;
  readonly #names: string[] = [];

  constructor(context: Context) {
    this.context = context;
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  another(): string {
    const name = `${this.context.name}-${this.#names.length}`;
    this.#names.push(name);
    return name;
  }

  async cli(...words: readonly string[]): Promise<string> {
    return await command(['ctr', ...words], { signal: this.signal });
  }

  async attempt(...words: readonly string[]): Promise<Outcome> {
    return await attempt(['ctr', ...words], { signal: this.signal });
  }

  /** The words of `run` with this case's runtime. */
  words(flags: readonly string[], name: string, words: readonly string[]): string[] {
    // ctr wants to be told the unit: slice, prefix, name.
    const unit = ['--runc-systemd-cgroup', '--cgroup', `engines.slice:ctr:${name}`];
    const driver = this.context.driver === 'systemd' ? unit : [];
    return ['run', '--runc-binary', this.context.path, ...driver, ...flags, image, name, ...words];
  }

  /** Runs a container to its end. */
  async run(flags: readonly string[], ...words: readonly string[]): Promise<Outcome> {
    return await this.attempt(...this.words(['--rm', ...flags], this.another(), words));
  }

  async terminal(...words: readonly string[]): Promise<{ status: number; output: string }> {
    return await inTerminal(['ctr', ...words], [], { signal: this.signal });
  }

  /** A container in the background; returns its name. */
  async background(flags: readonly string[] = [], ...words: readonly string[]): Promise<string> {
    const name = this.another();
    await this.cli(...this.words(['--detach', ...flags], name, words.length > 0 ? words : ['sleep', '1000']));
    return name;
  }

  /** Runs a shell line in a running container. */
  async exec(name: string, line: string, ...flags: readonly string[]): Promise<Outcome> {
    return await this.attempt('tasks', 'exec', '--exec-id', `x${Date.now()}`, ...flags, name, 'sh', '-c', line);
  }

  async pid(name: string): Promise<number> {
    const lines = (await this.cli('tasks', 'ls')).split('\n').map((line) => line.split(/\s+/));
    return Number(lines.find(([task]) => task === name)?.[1] ?? 0);
  }

  async status(name: string): Promise<string> {
    const lines = (await this.cli('tasks', 'ls')).split('\n').map((line) => line.split(/\s+/));
    return lines.find(([task]) => task === name)?.[2] ?? '';
  }

  /** Waits until the task has ended. */
  async ended(name: string): Promise<void> {
    await until(`the end of ${name}`, this.signal, async () =>
      (await this.status(name)) === 'STOPPED' ? true : undefined,
    );
  }

  /** A file of a running container's cgroup. */
  async cgroupFile(name: string, file: string): Promise<string> {
    const path = /^0::(.*)$/m.exec(await readFile(`/proc/${await this.pid(name)}/cgroup`, 'utf8'))![1]!;
    return (await readFile(`/sys/fs/cgroup${path}/${file}`, 'utf8')).trim();
  }

  async close(): Promise<void> {
    gone[this.context.runtime].push(...this.#names);
    for (const name of this.#names) {
      await attempt(['ctr', 'tasks', 'rm', '--force', name]);
      await attempt(['ctr', 'containers', 'rm', name]);
    }
  }
}

/** What is left of the containers of all cases that ran with a runtime. */
export async function left(runtime: Runtime): Promise<string[]> {
  return await traces(gone[runtime]);
}
