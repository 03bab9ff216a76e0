/** What a podman case works with: containers of one runtime, which are gone when the case has ended. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Runtime, Skip } from '../case.js';
import { attempt, type Outcome, until } from '../command.js';
import { CommandBox, label } from '../command-box.js';
import { traces } from '../traces.js';

/** What the cases read of an inspected container. */
export interface Inspected {
  readonly Id: string;
  readonly OCIRuntime: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly OOMKilled: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly CgroupPath: string;
    readonly Health?: { readonly Status: string };
  };
}

/** The containers of cases that have ended. */
const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };

export class Podman extends CommandBox {
  readonly pods: string[] = [];
  readonly volumes: string[] = [];

  /** The words of a podman command with this case's runtime. */
  words(...words: readonly string[]): string[] {
    return ['podman', '--runtime', this.context.path, '--cgroup-manager', this.context.driver, ...words];
  }

  /** Flags of every container of a case: no network unless one is named, which saves seconds. */
  flags(given: readonly string[]): string[] {
    const named = given.some((flag) => flag.startsWith('--network') || flag.startsWith('--pod'));
    return ['--label', `${label}=${this.context.name}`, ...(named ? [] : ['--network', 'none']), ...given];
  }

  /** Runs a container to its end, and removes it. */
  async run(flags: readonly string[], ...words: readonly string[]): Promise<Outcome> {
    return await this.attempt(['run', '--rm', ...this.flags(flags), 'busybox', ...words]);
  }

  /** What a shell line prints in a container of its own; it has to succeed. */
  async shell(line: string, ...flags: readonly string[]): Promise<string> {
    return await this.cli('run', '--rm', ...this.flags(flags), 'busybox', 'sh', '-c', line);
  }

  /** A container in the background, which stays until the case ends. Returns its name. */
  async background(flags: readonly string[] = [], ...words: readonly string[]): Promise<string> {
    const name = this.another();
    const last = words.length > 0 ? words : ['sleep', '1000'];
    await this.cli(
      'run',
      '--detach',
      '--stop-signal',
      'KILL',
      '--name',
      name,
      ...this.flags(flags),
      'busybox',
      ...last,
    );
    return name;
  }

  /** What a shell line prints in a running container; it has to succeed. */
  async exec(name: string, line: string): Promise<string> {
    return await this.cli('exec', name, 'sh', '-c', line);
  }

  async inspect(name: string): Promise<Inspected> {
    return (JSON.parse(await this.cli('inspect', '--type', 'container', name)) as [Inspected])[0];
  }

  /** Waits until a container's log holds `text`. */
  async logged(name: string, text: string): Promise<string> {
    return await until(`"${text}" in the log of ${name}`, this.signal, async () => {
      const log = await this.cli('logs', name);
      return log.includes(text) ? log : undefined;
    });
  }

  /** A file of a running container's cgroup. */
  async cgroupFile(name: string, file: string): Promise<string> {
    const { State } = await this.inspect(name);
    const path = /^0::(.*)$/m.exec(await readFile(`/proc/${State.Pid}/cgroup`, 'utf8'))![1]!;
    return (await readFile(join('/sys/fs/cgroup', path, file), 'utf8')).trim();
  }
}

/** Skips a case where a program that podman calls isn't there. */
export async function needs(...files: readonly string[]): Promise<void> {
  for (const file of files) await access(file).catch(() => Promise.reject(new Skip(`there is no ${file}`)));
}

/** Removes the case's pods, containers and volumes. */
export async function close(podman: Podman): Promise<void> {
  const { context } = podman;
  const filter = ['--filter', `label=${label}=${context.name}`];
  const ids = await attempt(['podman', 'ps', '--all', '--no-trunc', '--quiet', ...filter]);
  const list = ids.stdout.split('\n').filter((id) => id !== '');
  gone[context.runtime].push(...list, context.name);
  if (podman.pods.length > 0) await attempt(['podman', 'pod', 'rm', '--force', '--time', '0', ...podman.pods]);
  if (list.length > 0)
    await attempt(['podman', 'rm', '--force', '--depend', '--volumes', '--ignore', '--time', '0', ...list]);
  if (podman.volumes.length > 0) await attempt(['podman', 'volume', 'rm', '--force', ...podman.volumes]);
}

/** What is left of the containers of all cases that ran with a runtime. */
export async function left(runtime: Runtime): Promise<string[]> {
  const store = runtime === 'runc' ? '/run/runc' : '/run/tsrunc';
  const states = await attempt(['find', store, '-mindepth', '1', '-maxdepth', '1', '-not', '-name', '@*']);
  return [...states.stdout.split('\n').filter(Boolean), ...(await traces(gone[runtime]))];
}
