/** What a case works with: bundles and containers of one runtime, which are gone when the case has ended. */
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context, Runtime } from '../../engines/guest/case.js';
import { attempt, command, type Outcome, until } from '../../engines/guest/command.js';
import { traces } from '../../engines/guest/traces.js';
import { head } from './program.js';

/** What cases change of config.json. */
export interface Config {
  process: { args: string[]; terminal: boolean; env: string[]; [field: string]: unknown };
  root: { path: string; readonly: boolean };
  mounts: { destination: string; type?: string; source?: string; options?: string[] }[];
  linux: {
    namespaces: { type: string; path?: string }[];
    cgroupsPath?: string;
    resources?: Record<string, unknown>;
    [field: string]: unknown;
  };
  annotations?: Record<string, string>;
  [field: string]: unknown;
}

export type Change = (config: Config) => void;

/** Gives the process another capability. */
export function allow(config: Config, capability: string): void {
  const sets = config.process.capabilities as Record<string, string[]>;
  for (const set of Object.values(sets)) set.push(capability);
}

/** The containers of cases that have ended. */
const gone: Record<Runtime, string[]> = { tsrunc: [], runc: [] };
let template: string | undefined;

export const exists = async (path: string): Promise<boolean> =>
  await stat(path).then(
    () => true,
    () => false,
  );

/** A container of the case. */
export class Container {
  constructor(
    readonly box: Box,
    readonly id: string,
    readonly bundle: string,
  ) {}

  async state(): Promise<{ status: string; pid: number; bundle: string }> {
    const { status, stdout, stderr } = await this.box.call('state', this.id);
    if (status !== 0) throw new Error(`state ${this.id}: ${stderr}`);
    return JSON.parse(stdout);
  }

  async pid(): Promise<number> {
    return (await this.state()).pid;
  }

  /** Path on the host of a path in the container. */
  async path(inside: string): Promise<string> {
    return `/proc/${await this.pid()}/root${inside}`;
  }

  async read(inside: string): Promise<string> {
    return await readFile(await this.path(inside), 'utf8');
  }

  /** Waits for a file of the container's /tmp; returns what it holds. */
  async told(name: string): Promise<string> {
    const pid = await this.pid();
    const tmp = `/proc/${pid}/root/tmp`;
    let said = '';
    try {
      return await until(name, this.box.signal, async () => {
        const text = await readFile(join(tmp, name), 'utf8').catch(() => undefined);
        said = await readFile(join(tmp, 'err'), 'utf8').catch(() => said);
        if (text === undefined && !(await exists(`/proc/${pid}`)))
          throw new Error(`the container ended before ${name}`);
        return text;
      });
    } catch (error) {
      throw new Error(`${error}; the program says: ${said}`);
    }
  }

  /** Lets the program go on; returns what it says. */
  async goOn(): Promise<unknown> {
    await this.poke('go');
    return JSON.parse(await this.told('said'));
  }

  /** Makes a file in the container's /tmp, for which its program waits. */
  async poke(name: string): Promise<void> {
    try {
      await writeFile(await this.path(`/tmp/${name}`), '');
    } catch {
      // Root of the host has no id in a tmpfs of a user namespace.
      await this.exec(`touch /tmp/${name}`);
    }
  }

  /** What its counter is at. */
  async count(): Promise<number> {
    return Number(await this.read('/tmp/count'));
  }

  /** Waits until it has counted on. */
  async counts(from: number): Promise<number> {
    return await until(`more than ${from}`, this.box.signal, async () => {
      const count = await this.count().catch(() => 0);
      return count > from ? count : undefined;
    });
  }

  /** What a shell line prints in it. */
  async exec(line: string): Promise<string> {
    return await this.box.ok('exec', this.id, 'sh', '-c', line);
  }

  /** The cgroup of its first process, as a directory. */
  async cgroup(): Promise<string> {
    const text = await readFile(`/proc/${await this.pid()}/cgroup`, 'utf8');
    return `/sys/fs/cgroup${/^0::(.*)$/m.exec(text)![1]}`;
  }

  async limit(file: string): Promise<string> {
    return (await readFile(join(await this.cgroup(), file), 'utf8')).trim();
  }

  /** The runtime's checkpoint of it, which may fail. */
  async checkpoint(images: string, ...flags: readonly string[]): Promise<Outcome> {
    return await this.box.call('checkpoint', '--image-path', images, ...flags, this.id);
  }

  /** Writes it to a directory, which has to succeed; returns the directory. */
  async dump(...flags: readonly string[]): Promise<string> {
    const images = this.box.images();
    const outcome = await this.checkpoint(images, ...flags);
    if (outcome.status !== 0) throw new Error(`checkpoint: ${await this.box.why(outcome, join(images, 'dump.log'))}`);
    return images;
  }

  /** Writes it to a directory and makes it again from there. */
  async roundTrip(both: readonly string[] = [], dump: readonly string[] = [], restore: readonly string[] = []) {
    const images = await this.dump(...both, ...dump);
    await this.box.restore(this.id, this.bundle, images, ...both, ...restore);
    return images;
  }
}

export class Box {
  readonly context: Context;
  readonly root: string;
  readonly #containers: string[] = [];
  readonly #ends: (() => unknown)[] = [];
  #count = 0;

  constructor(context: Context) {
    this.context = context;
    this.root = join(context.directory, 'root');
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** Called at the end of the case. */
  atEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  name(): string {
    return `${this.context.name}-${++this.#count}`;
  }

  /** A path for images. */
  images(): string {
    return join(this.context.directory, `images-${++this.#count}`);
  }

  /** The words of a command of the runtime; what the option --log takes is in `logOf`. */
  words(...words: readonly string[]): string[] {
    const systemd = this.context.driver === 'systemd' ? ['--systemd-cgroup'] : [];
    return [this.context.path, '--root', this.root, ...systemd, ...words];
  }

  /** A command of the runtime. */
  async call(...words: readonly string[]): Promise<Outcome> {
    return await attempt(this.words(...words), { signal: this.signal });
  }

  /** One that has to succeed. */
  async ok(...words: readonly string[]): Promise<string> {
    return await command(this.words(...words), { signal: this.signal });
  }

  /** What a command said, with criu's errors where the runtime doesn't quote them. */
  async why({ stderr }: Outcome, log: string): Promise<string> {
    const text = await readFile(log, 'utf8').catch(() => '');
    const errors = stderr.includes('Error (') ? [] : text.split('\n').filter((line) => line.includes('Error'));
    return [stderr.trim(), ...errors.slice(0, 12)].join('\n');
  }

  /**
   * A command that leaves a container behind: its 0, 1 and 2 are /dev/null, as the container would keep pipes open.
   * @throws Error with what it logged when it failed
   */
  async detached(...words: readonly string[]): Promise<void> {
    const log = join(this.context.directory, `log-${++this.#count}`);
    const [path = '', ...rest] = this.words('--log', log, ...words);
    const status = await new Promise((resolve, reject) => {
      const child = spawn(path, rest, { stdio: 'ignore', signal: this.signal, killSignal: 'SIGKILL' });
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (status === 0) return;
    throw new Error(`${words.join(' ')}: ended with ${status}: ${await readFile(log, 'utf8').catch(() => '')}`);
  }

  /** The beginning of every bundle: what `runc spec` writes. */
  async #template(): Promise<Config> {
    if (template === undefined) {
      const directory = join(this.context.directory, 'template');
      await mkdir(directory);
      await command(['runc', 'spec', '--bundle', directory]);
      template = await readFile(join(directory, 'config.json'), 'utf8');
    }
    return JSON.parse(template) as Config;
  }

  /**
   * A bundle with busybox, and with the machine's /usr where `change` asks for python3. Its /tmp is a tmpfs.
   * @param owner to whom the root file system belongs
   */
  async bundle(change: Change = () => {}, owner = 0): Promise<string> {
    const bundle = join(this.context.directory, `bundle-${++this.#count}`);
    const rootfs = join(bundle, 'rootfs');
    await mkdir(bundle);
    const config = await this.#template();
    config.process.terminal = false;
    config.root.readonly = false;
    config.mounts.push({ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=1777'] });
    const path = `/checkpoint/${this.name()}`;
    config.linux.cgroupsPath = this.context.driver === 'systemd' ? `system.slice:ckpt:${this.name()}` : path;
    change(config);
    if (config.process.args[0] === 'python3') {
      for (const directory of ['usr', 'etc', 'dev', 'proc', 'sys', 'tmp', 'root', 'data'])
        await mkdir(join(rootfs, directory), { recursive: true });
      for (const link of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${link}`, join(rootfs, link));
      const usr = { destination: '/usr', type: 'bind', source: '/usr', options: ['bind', 'ro'] };
      config.mounts.splice(1, 0, usr);
    } else {
      await cp('/opt/busybox', rootfs, { recursive: true, verbatimSymlinks: true });
    }
    if (owner !== 0) await command(['chown', '-R', `${owner}:${owner}`, rootfs]);
    await writeFile(join(bundle, 'config.json'), JSON.stringify(config));
    return bundle;
  }

  /** Another bundle like this one, its root file system included. */
  async copy(bundle: string, change: Change = () => {}): Promise<string> {
    const other = join(this.context.directory, `bundle-${++this.#count}`);
    await command(['cp', '-a', bundle, other]);
    const file = join(other, 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as Config;
    change(config);
    await writeFile(file, JSON.stringify(config));
    return other;
  }

  /** A container that is removed at the end, whoever has made it. */
  container(bundle: string, id = this.name()): Container {
    this.#containers.push(id);
    return new Container(this, id, bundle);
  }

  /** A running container of a bundle. */
  async start(bundle: string): Promise<Container> {
    const container = this.container(bundle);
    await this.detached('run', '--detach', '--bundle', bundle, container.id);
    return container;
  }

  /** A running container with a Python program, once that has said that it is ready. */
  async python(program: string, change: Change = () => {}, owner = 0): Promise<Container> {
    const bundle = await this.bundle((config) => {
      config.process.args = ['python3', '-c', head + program];
      change(config);
    }, owner);
    const container = await this.start(bundle);
    await container.told('ready');
    return container;
  }

  /** Restores in the background. */
  async restore(id: string, bundle: string, images: string, ...flags: readonly string[]): Promise<Container> {
    const container = this.container(bundle, id);
    try {
      await this.detached('restore', '--detach', '--bundle', bundle, '--image-path', images, ...flags, id);
    } catch (error) {
      const outcome = { status: 1, stdout: '', stderr: String(error) };
      throw new Error(await this.why(outcome, join(images, 'restore.log')));
    }
    return container;
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
    gone[this.context.runtime].push(this.context.name);
    for (const id of new Set(this.#containers)) await attempt(this.words('delete', '--force', id));
  }
}

/** What is left of the containers of all cases that ran with a runtime. */
export async function left(runtime: Runtime): Promise<string[]> {
  return await traces(gone[runtime].map((name) => `${name}-`));
}
