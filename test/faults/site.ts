import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { baseConfig, type TestConfig } from '../helpers/config.js';
import { cgroups, mounts } from '../helpers/machine.js';
import { runtime } from '../helpers/runtime.js';
import type { Sandbox } from '../helpers/sandbox.js';
import { type Ended, parted, runCommand } from './command.js';
import type { Programs } from './programs.js';

/** How long a command may take, in s; then it hangs. */
const PATIENCE = 40;

export interface FaultOptions {
  /** Arguments of `fault` that say what is to happen; without any the command runs by itself. */
  readonly fault?: readonly string[];
  /** More arguments of `fault`. */
  readonly also?: readonly string[];
  /** File for the standard output. */
  readonly out?: string;
  /** Its environment. */
  readonly env?: Record<string, string>;
}

/** Where one worker makes its containers, one after the other, under one id. */
export class Site {
  readonly directory: string;
  readonly bundle: string;
  readonly id: string;
  readonly report: string;
  /** Where a seccomp agent listens. */
  readonly socket: string;
  /** Where hooks write what they see. */
  readonly hooks: string;
  /** Of the container's process, where that is known. */
  pid = 0;

  constructor(
    readonly box: Sandbox,
    readonly programs: Programs,
    private readonly cgroupPlaces: readonly string[],
  ) {
    this.directory = box.directory('site');
    this.bundle = join(this.directory, 'bundle');
    this.report = join(this.directory, 'report');
    // Pids may be the same in two pid namespaces, with the same cgroups.
    this.id = box.id(box.home.slice(-6));
    this.socket = join(this.directory, 'agent');
    this.hooks = join(this.directory, 'hooks');
    mkdirSync(this.bundle);
    mkdirSync(this.hooks);
  }

  /** Writes the bundle anew: a root file system with little more than the probe, and the configuration. */
  renew(change: (config: TestConfig, site: Site) => void): void {
    const rootfs = join(this.bundle, 'rootfs');
    rmSync(rootfs, { recursive: true, force: true });
    for (const name of ['proc', 'sys', 'dev', 'tmp', 'etc', 'mnt', 'full/directory'])
      mkdirSync(join(rootfs, name), { recursive: true });
    linkSync(this.programs.probe, join(rootfs, 'probe'));
    writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/root:/probe\nuser:x:1000:1000::/home/user:/probe\n');
    writeFileSync(join(rootfs, 'full/file'), 'text');
    chmodSync(join(rootfs, 'full/file'), 0o640);
    symlinkSync('file', join(rootfs, 'full/link'));
    const config = baseConfig();
    config.process.args = ['/probe', ...hostNamespaces];
    config.process.env = ['PATH=/'];
    change(config, this);
    if (config.linux.uidMappings !== undefined) give(rootfs, config.linux.uidMappings[0]!.hostID);
    this.box.writeConfig(this.bundle, config);
  }

  /** Runs the runtime, under `fault` when that is given something to do. */
  async call(args: readonly string[], { fault = [], also = [], out, env }: FaultOptions = {}): Promise<Ended> {
    const command = [runtime, '--root', this.box.root, ...args];
    const front = [this.programs.fault, '--report', this.report, '--timeout', String(PATIENCE), ...also];
    if (fault.length + also.length === 0) return runCommand(command, this.directory, out, env);
    const ended = await runCommand([...front, ...fault, '--', ...command], this.directory, out, env);
    return also.includes('--tty') ? parted(ended) : ended;
  }

  /** What of the container is on the machine still. */
  left(): string[] {
    const processes = readOrNone(this.report).match(/^left .*$/gm) ?? [];
    const state = existsSync(join(this.box.root, this.id)) ? ['state directory'] : [];
    return [
      ...processes,
      ...state,
      ...this.groups(),
      ...mounts().filter((line) => line.includes(`${this.directory}/`)),
    ];
  }

  /** The cgroups of a container, in each hierarchy. */
  groups(id = this.id): string[] {
    return this.cgroupPlaces.map((directory) => join(directory, id)).filter((path) => existsSync(path));
  }

  readonly namespaces = hostNamespaces;

  /** The words that differ between two runs of the same container. */
  normal(text: string): string {
    return text
      .replaceAll(this.directory, 'SITE')
      .replaceAll(this.id, 'ID')
      .replace(/(pipe|socket):\[\d+\]/g, '$1');
  }
}

/** Those of this process, for the probe. */
const hostNamespaces = readdirSync('/proc/self/ns')
  .filter((name) => !name.includes('_for_children'))
  .map((name) => `${name}=${statSync(`/proc/self/ns/${name}`).ino}`);

/** The directories in which a cgroup is made for a container of this sandbox: one in each hierarchy. */
export function findCgroupPlaces(box: Sandbox): string[] {
  const { id } = box.create();
  const places = cgroups()
    .filter((path) => path.endsWith(`/${id}`))
    .map(dirname);
  box.remove(id);
  return places;
}

function readOrNone(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Gives a tree to a user, as the root file system of a user namespace. */
function give(path: string, uid: number): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) give(join(path, entry.name), uid);
  }
  chownSync(path, uid, uid);
}
