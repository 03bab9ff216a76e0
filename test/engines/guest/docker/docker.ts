/** What a docker case works with: containers of one runtime, which are gone when the case has ended. */

import type { Runtime } from '../case.js';
import { type Outcome, until } from '../command.js';
import { CommandBox, label } from '../command-box.js';
import { traces } from '../traces.js';
import { api, ask, streams } from './api.js';

/** A container's configuration, in the words of dockerd's interface. */
export interface Config {
  readonly Cmd?: readonly string[];
  readonly Image?: string;
  readonly HostConfig?: Record<string, unknown>;
  readonly [key: string]: unknown;
}

/** What the cases read of an inspected container. */
export interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly OOMKilled: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly Error: string;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly NetworkSettings: { readonly Networks: Record<string, { readonly IPAddress: string }> };
}

/** The containers of cases that have ended. */
const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };

export class Docker extends CommandBox {
  words(...words: readonly string[]): string[] {
    return ['docker', ...words];
  }

  /** The options of `docker run` and `docker create` that every container of a case has. */
  get marks(): string[] {
    return ['--runtime', this.context.runtime, '--label', `${label}=${this.context.name}`];
  }

  async api<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    return await api<T>(method, path, body, this.signal);
  }

  /** Makes a container, without a network unless one is asked for. Returns its name. */
  async create(config: Config, name = this.another()): Promise<string> {
    const { HostConfig, ...rest } = config;
    await this.api('POST', `/containers/create?name=${name}`, {
      Image: 'busybox',
      Labels: { [label]: this.context.name },
      ...rest,
      HostConfig: { Runtime: this.context.runtime, NetworkMode: 'none', ...HostConfig },
    });
    return name;
  }

  async start(name: string): Promise<void> {
    await this.api('POST', `/containers/${name}/start`);
  }

  /** A container in the background; it sleeps if nothing else is said. Returns its name. */
  async background(config: Config = {}): Promise<string> {
    const name = await this.create({ Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL', ...config });
    await this.start(name);
    return name;
  }

  /** Waits for the container's end; returns its exit code. */
  async wait(name: string): Promise<number> {
    return (await this.api<{ StatusCode: number }>('POST', `/containers/${name}/wait`)).StatusCode;
  }

  async logs(name: string): Promise<{ stdout: string; stderr: string }> {
    return streams((await ask('GET', `/containers/${name}/logs?stdout=1&stderr=1`, undefined, this.signal)).body);
  }

  /** Runs a container to its end. */
  async run(config: Config): Promise<Outcome & { name: string }> {
    const name = await this.create(config);
    await this.start(name);
    const status = await this.wait(name);
    return { name, status, ...(await this.logs(name)) };
  }

  /** What a shell line prints in a container of its own; it has to succeed. */
  async shell(line: string, config: Config = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run({ ...config, Cmd: ['sh', '-c', line] });
    if (status !== 0) throw new Error(`in the container, ${line}: ended with ${status}: ${stderr.trim()}`);
    return stdout.trimEnd();
  }

  /** Runs a shell line in a running container. */
  async exec(name: string, line: string, config: Record<string, unknown> = {}): Promise<Outcome> {
    const { Id } = await this.api<{ Id: string }>('POST', `/containers/${name}/exec`, {
      ...{ Cmd: ['sh', '-c', line], AttachStdout: true, AttachStderr: true },
      ...config,
    });
    const answer = await ask('POST', `/exec/${Id}/start`, { Detach: false, Tty: false }, this.signal);
    if (answer.status >= 400) throw new Error(`exec: ${answer.body}`);
    const status = await until('the end of an exec', this.signal, async () => {
      const { Running, ExitCode } = await this.api<{ Running: boolean; ExitCode: number }>('GET', `/exec/${Id}/json`);
      return Running ? undefined : ExitCode;
    });
    return { status, ...streams(answer.body) };
  }

  async inspect(name: string): Promise<Inspected> {
    return await this.api<Inspected>('GET', `/containers/${name}/json`);
  }

  /** The pid of the container's first process, as this machine counts. */
  async pid(name: string): Promise<number> {
    return (await this.inspect(name)).State.Pid;
  }

  /** Waits until the container's state is as `good` wants it. */
  async becomes(name: string, what: string, good: (inspected: Inspected) => boolean): Promise<Inspected> {
    return await until(what, this.signal, async () => {
      const inspected = await this.inspect(name);
      return good(inspected) ? inspected : undefined;
    });
  }
}

/** Removes the containers, networks, volumes and images that bear the case's name. */
export async function close(docker: Docker): Promise<void> {
  const { name, runtime } = docker.context;
  const filters = encodeURIComponent(JSON.stringify({ label: [`${label}=${name}`] }));
  const containers = await api<{ Id: string }[]>('GET', `/containers/json?all=1&filters=${filters}`);
  for (const { Id } of containers) {
    gone[runtime].push(Id);
    await api('DELETE', `/containers/${Id}?force=1&v=1`);
  }
  const named = encodeURIComponent(JSON.stringify({ name: [name] }));
  const networks = await api<{ Name: string }[]>('GET', `/networks?filters=${named}`);
  for (const network of networks) await api('DELETE', `/networks/${network.Name}`);
  const volumes = await api<{ Volumes: { Name: string }[] }>('GET', `/volumes?filters=${named}`);
  for (const volume of volumes.Volumes) await api('DELETE', `/volumes/${volume.Name}`);
  const images = encodeURIComponent(JSON.stringify({ reference: [`${name}*`] }));
  for (const { Id } of await api<{ Id: string }[]>('GET', `/images/json?filters=${images}`))
    await api('DELETE', `/images/${Id}?force=1`);
}

/** Traces of the containers of cases that have ended. */
export async function left(runtime: Runtime): Promise<string[]> {
  return await traces(gone[runtime]);
}
