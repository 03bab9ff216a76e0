/** The client of the library under test, over each runtime that can be had here. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { OciRuntime, type OciRuntimeOptions, type Spec } from '../../src/library/index.js';
import { baseConfig, type TestConfig } from './config.js';
import { pureV2 } from './pure-v2.js';
import { makeRootfs } from './rootfs.js';
import { project, runtime } from './runtime.js';
import type { Sandbox } from './sandbox.js';
import { needsRoot } from './when.js';

/** A runtime that the same cases are run with. */
export interface Candidate {
  readonly name: string;
  /** Why it can't be had here, or can't run. */
  readonly skip: string | false;
  readonly options: OciRuntimeOptions;
}

/** Debian's newest runc or crun, which is fetched the first time. */
function control(name: 'runc' | 'crun'): { skip: string | false; path: string } {
  const script = join(project, 'scripts/control.mjs');
  const result = spawnSync(process.execPath, [script, name], { encoding: 'utf8', timeout: 150_000 });
  const path = result.stdout.trim();
  if (result.status === 0 && path) return { skip: false, path };
  return { skip: `${name} can't be had: ${result.stderr.trim().split('\n').at(-1)}`, path: '' };
}

/** tsrunc, or the runtime under test in its place, and two others. */
export function candidates(): Candidate[] {
  const root = needsRoot();
  const runc = root ? { skip: root, path: '' } : control('runc');
  const crun = root ? { skip: root, path: '' } : control('crun');
  const isHybrid = !existsSync('/sys/fs/cgroup/cgroup.controllers');
  return [
    { name: basename(runtime), skip: root, options: { command: runtime } },
    { name: 'runc', skip: runc.skip, options: { command: runc.path } },
    {
      name: 'crun',
      skip: crun.skip,
      options: { command: isHybrid ? [...pureV2.wrapper, crun.path] : crun.path },
    },
  ];
}

/** The client over the runtime under test, for the containers of a sandbox. */
export function clientOf(box: Sandbox, options: OciRuntimeOptions = {}): OciRuntime {
  return new OciRuntime({ command: runtime, root: box.root, ...options });
}

/** A configuration as an object: its root file system is that of the sandbox's own bundles. */
export function specOf(box: Sandbox, args: string[], change: (config: TestConfig) => void = () => {}): Spec {
  const config = baseConfig();
  config.root.path = rootfsOf(box);
  config.process.args = args;
  change(config);
  return config;
}

/** One root file system for all containers of a sandbox that don't change it. */
export function rootfsOf(box: Sandbox): string {
  const path = join(box.home, 'shared-rootfs');
  if (!existsSync(path)) makeRootfs(path, join(box.home, 'template'));
  return path;
}

/** What a promise is rejected with; a failure of the test when it isn't. */
export async function rejection(t: Test, promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  t.fail('it is rejected');
  return undefined;
}
