import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { baseConfig, type TestConfig } from './config.js';
import { cgroups, mounts } from './machine.js';
import { makeRootfs } from './rootfs.js';
import { type CallOptions, type CallResult, call, execute } from './runtime.js';
import { needsRoot } from './when.js';

export interface State {
  ociVersion: string;
  id: string;
  pid: number;
  status: string;
  bundle: string;
  annotations?: Record<string, string>;
}

/**
 * A test file's own corner of the machine: a directory with bundles, a state root, container ids of its own. When the
 * file's tests are over, what is left of its containers is removed, and anything that `delete --force` should have
 * removed and did not is a failure of the file.
 */
export class Sandbox {
  readonly home: string;
  readonly root: string;
  /** Ids of this sandbox begin with this; so do the cgroups made for them. */
  readonly prefix: string;
  /** Of two digits at first, so that paths of one kind are of one length. */
  #count = 10;
  readonly #ids = new Set<string>();

  /**
   * @param t whose end is the sandbox's
   * @param prefix for a process whose pid others have as well, in another pid namespace
   */
  constructor(t: { teardown(end: () => void): unknown }, prefix = `tt${process.pid}x`) {
    this.home = mkdtempSync(`/tmp/tsrunc-test-${process.pid}-`);
    // Other users (user namespaces, rootless runs) have to get to the bundles.
    chmodSync(this.home, 0o755);
    this.root = join(this.home, 'state');
    this.prefix = prefix;
    t.teardown(() => {
      for (const id of this.#ids) this.remove(id);
      for (const line of this.#mounts().reverse()) spawnSync('umount', ['-l', line.split(' ')[1]!]);
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  /** The last test of a file: `delete --force` of all its containers leaves nothing. */
  end(t: Test): void {
    t.test('nothing is left of the containers', { skip: needsRoot() }, async (t) => {
      for (const id of this.#ids) this.remove(id);
      const cgroupsLeft = cgroups().filter((path) => path.includes(`/${this.prefix}-`));
      const states = listOrNone(this.root).filter((name) => name.startsWith(this.prefix));
      t.same(this.#mounts(), [], 'no mount');
      t.same(cgroupsLeft, [], 'no cgroup');
      t.same(states, [], 'no state');
      t.same(this.#processes(), [], 'no process');
    });
  }

  /** A new directory, mode 0755. */
  directory(name = 'dir'): string {
    const path = join(this.home, `${name}${++this.#count}`);
    mkdirSync(path);
    return path;
  }

  /** A bundle with a busybox root file system; `change` edits its config. Returns its path. */
  bundle(change: (config: TestConfig) => void = () => {}): string {
    const path = this.directory('bundle');
    makeRootfs(join(path, 'rootfs'), join(this.home, 'template'));
    const config = baseConfig();
    change(config);
    this.writeConfig(path, config);
    return path;
  }

  writeConfig(bundle: string, config: unknown): void {
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config, null, 2));
  }

  /** An unused id; whatever becomes of it is removed at the end. */
  id(name = 'c'): string {
    const id = `${this.prefix}-${name}-${++this.#count}`;
    this.#ids.add(id);
    return id;
  }

  /** The runtime with --root of this sandbox. */
  call(args: string[], options: CallOptions = {}): CallResult {
    return call(['--root', this.root, ...args], options);
  }

  /** `run` in the foreground of a fresh bundle. */
  run(change: (config: TestConfig) => void, options: CallOptions & { flags?: string[] } = {}): CallResult {
    return this.call(['run', ...(options.flags ?? []), '--bundle', this.bundle(change), this.id('run')], options);
  }

  /** Runs a shell line in a fresh container. */
  sh(
    script: string,
    change: (config: TestConfig) => void = () => {},
    options: CallOptions & { flags?: string[] } = {},
  ) {
    return this.run((config) => {
      config.process.args = ['sh', '-c', script];
      change(config);
    }, options);
  }

  /** `create`; throws when it fails. */
  create(change: (config: TestConfig) => void = () => {}, options: CallOptions & { flags?: string[] } = {}) {
    const id = this.id('create');
    const bundle = this.bundle(change);
    const result = this.call(['create', ...(options.flags ?? []), '--bundle', bundle, id], options);
    if (result.status !== 0) throw new Error(`${result.command}: status ${result.status}: ${result.stderr}`);
    return { id, bundle, result };
  }

  /** A container that sleeps until it is killed, started. */
  started(change: (config: TestConfig) => void = () => {}, options: CallOptions & { flags?: string[] } = {}) {
    const made = this.create((config) => {
      config.process.args = ['sleep', '1000'];
      change(config);
    }, options);
    const result = this.call(['start', made.id]);
    if (result.status !== 0) throw new Error(`${result.command}: status ${result.status}: ${result.stderr}`);
    return made;
  }

  state(id: string): State {
    const result = this.call(['state', id]);
    if (result.status !== 0) throw new Error(`${result.command}: status ${result.status}: ${result.stderr}`);
    return JSON.parse(result.stdout) as State;
  }

  remove(id: string): void {
    this.call(['delete', '--force', id]);
  }

  /** Waits until the container is stopped: its process's pidfd becomes readable, no polling of `state`. */
  waitStopped(id: string): void {
    const { pid, status } = this.state(id);
    if (status === 'stopped' || pid === 0) return;
    execute(['tail', `--pid=${pid}`, '-s', '0.01', '-f', '/dev/null'], { timeout: 10_000 });
  }

  /** A fifo in a new directory that can be bound into containers; `read` waits for what is written to it. */
  fifo(): { directory: string; path: string; read(): string } {
    const directory = this.directory('fifo');
    chmodSync(directory, 0o777);
    const path = join(directory, 'fifo');
    spawnSync('mkfifo', ['-m', '666', path]);
    return { directory: directory, path, read: () => execute(['timeout', '10', 'cat', path]).stdout };
  }

  #mounts(): string[] {
    return mounts().filter((line) => line.includes(`${this.home}/`));
  }

  /** Processes that still run in a root file system or a cgroup of this sandbox. */
  #processes(): string[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
          const where = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
          const dead = /\) [ZX] /.test(stat);
          return !dead && where.includes(`/${this.prefix}-`) ? [`${pid} ${stat.split(' ')[1]}`] : [];
        } catch {
          return [];
        }
      });
  }
}

function listOrNone(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
