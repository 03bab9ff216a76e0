/** What a case of containerd's CRI works with: pods of one runtime handler. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Runtime } from '../case.js';
import { until } from '../command.js';
import { traces } from '../traces.js';
import { callCri } from './client.js';
import type { Message, Value } from './protobuf.js';

const socket = '/run/containerd/containerd.sock';
const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };

/** NamespaceMode. */
export const POD = 0;
export const CONTAINER = 1;
export const NODE = 2;
/** ContainerState. */
export const RUNNING = 1;
export const EXITED = 2;

const ofHost = { network: NODE };

export interface Pod {
  readonly id: string;
  readonly config: Message;
  /** Namespaces, which its containers say again. */
  readonly namespaces: Message;
}

export class Cri {
  readonly context: Context;
  readonly #pods: string[] = [];
  #count = 0;

  constructor(context: Context) {
    this.context = context;
  }

  async call(method: string, request: Message): Promise<Message> {
    return await callCri(socket, method, request, this.context.signal);
  }

  /** The runtime handler: that of the cgroup driver at hand. */
  get handler(): string {
    return `${this.context.runtime}-${this.context.driver}`;
  }

  #cgroupParent(uid: string): string {
    // A kubelet makes the cgroup of the pod beforehand; containerd makes the one that is missing.
    const slice = `/engines.slice/engines-${uid.replaceAll('-', '_')}.slice`;
    return this.context.driver === 'systemd' ? slice : `/engines-${uid}`;
  }

  /** Runs a pod; in the network of the host if nothing else is said. */
  async pod(security: Message = {}, more: Message = {}): Promise<Pod> {
    const uid = `${this.context.name}-${++this.#count}`;
    const namespaces = (security.namespace_options ?? ofHost) as Message;
    const config: Message = {
      metadata: { name: uid, uid, namespace: 'engines', attempt: 0 },
      log_directory: join(this.context.directory, uid),
      ...more,
      linux: {
        cgroup_parent: this.#cgroupParent(uid),
        security_context: { ...security, namespace_options: namespaces },
        ...((more.linux as Message | undefined) ?? {}),
      },
    };
    await mkdir(join(this.context.directory, uid), { recursive: true });
    const { pod_sandbox_id } = await this.call('RunPodSandbox', { config, runtime_handler: this.handler });
    const id = String(pod_sandbox_id);
    this.#pods.push(id);
    gone[this.context.runtime].push(id, uid);
    return { id, config, namespaces };
  }

  /** Makes a container in a pod. Returns its id. */
  async create(pod: Pod, command: readonly string[], more: Message = {}): Promise<string> {
    const name = `c${++this.#count}`;
    const { linux = {}, ...rest } = more as { linux?: { resources?: Message; security_context?: Message } };
    const { container_id } = await this.call('CreateContainer', {
      pod_sandbox_id: pod.id,
      sandbox_config: pod.config,
      config: {
        metadata: { name, attempt: 0 },
        image: { image: 'docker.io/library/busybox:latest' },
        command: [...command],
        log_path: `${name}.log`,
        ...(rest as Message),
        linux: { ...linux, security_context: { namespace_options: pod.namespaces, ...linux.security_context } },
      },
    });
    gone[this.context.runtime].push(String(container_id));
    return String(container_id);
  }

  /** Makes and starts a container; it sleeps if nothing else is said. Returns its id. */
  async start(pod: Pod, command: readonly string[] = ['sleep', '1000'], more: Message = {}): Promise<string> {
    const container_id = await this.create(pod, command, more);
    await this.call('StartContainer', { container_id });
    return container_id;
  }

  /** Runs a shell line in a running container, as an exec probe does. */
  async exec(container_id: string, line: string): Promise<{ status: number; stdout: string; stderr: string }> {
    const answer = await this.call('ExecSync', { container_id, cmd: ['sh', '-c', line], timeout: 60 });
    const { exit_code = 0, stdout = '', stderr = '' } = answer;
    return { status: Number(exit_code), stdout: String(stdout), stderr: String(stderr) };
  }

  async status(container_id: string): Promise<Message> {
    return (await this.call('ContainerStatus', { container_id })).status as Message;
  }

  /** Waits for a container's end; returns its status. */
  async ended(container_id: string): Promise<Message> {
    return await until('the end of a container', this.context.signal, async () => {
      const status = await this.status(container_id);
      return status.state === EXITED ? status : undefined;
    });
  }

  /** Runs a container to its end; returns its status and its log. */
  async run(pod: Pod, line: string, more: Message = {}): Promise<{ status: Message; log: string }> {
    const log_path = `run${++this.#count}.log`;
    const id = await this.start(pod, ['sh', '-c', line], { log_path, ...more });
    const status = await this.ended(id);
    const text = await readFile(join(String(pod.config.log_directory), log_path), 'utf8');
    // Each line of a log starts with the time, the stream, and whether the line is whole.
    return { status, log: text.replaceAll(/^\S+ \S+ \S /gm, '').trimEnd() };
  }

  async close(): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    for (const pod_sandbox_id of this.#pods) {
      for (const method of ['StopPodSandbox', 'RemovePodSandbox'])
        await callCri(socket, method, { pod_sandbox_id }, signal).catch(() => {});
    }
  }
}

/** A number that a message may leave out, when it is 0. */
export const number = (value: Value | undefined): number => Number((value as Message | undefined)?.value ?? value ?? 0);

export async function left(runtime: Runtime): Promise<string[]> {
  return await traces(gone[runtime]);
}
