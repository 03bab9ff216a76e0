import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TsruncError } from '../../src/base/error.js';
import { joinPointer, splitPointer } from '../../src/base/json-pointer.js';
import { loadConfig } from '../../src/config/load.js';

/** Top directory of the project; the compiled tests are in build/test/test/unit. */
export const project = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

export const fixtures = join(project, 'test/fixtures');

/** Name → text of the configs in test/fixtures/configs. */
export function fixtureConfigs(): Map<string, string> {
  const directory = join(fixtures, 'configs');
  const names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  return new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/** What loading threw; fails when it threw nothing, or something that is no TsruncError. */
export function failureOf(load: () => unknown): TsruncError {
  try {
    load();
  } catch (error) {
    if (error instanceof TsruncError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The mistakes of a config as `pointer: text`, in order; none when it is taken. */
export function mistakes(config: unknown): string[] {
  return mistakesIn(JSON.stringify(config));
}

export function mistakesIn(text: string): string[] {
  try {
    loadConfig(text, 'config.json');
    return [];
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return (error.fields.problems ?? []).map((problem) => `${problem.pointer ?? ''}: ${problem.message}`);
  }
}

/** A copy of config with the value at pointer replaced; undefined removes it. What is missing on the way is made. */
export function changed<T>(config: T, pointer: string, value: unknown): T {
  const copy = structuredClone(config);
  const parts = splitPointer(pointer);
  const last = parts.pop() ?? '';
  let inner = copy as Record<string, unknown>;
  for (const part of parts) {
    inner[part] ??= {};
    inner = inner[part] as Record<string, unknown>;
  }
  if (value !== undefined) inner[last] = value;
  else if (Array.isArray(inner)) inner.splice(Number(last), 1);
  else delete inner[last];
  return copy;
}

/** Every pointer of value, of containers and of leaves, with what it points to. */
export function* everyPointer(value: unknown, pointer = ''): Generator<[string, unknown]> {
  yield [pointer, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* everyPointer(inner, joinPointer(pointer, name));
}

/** A config that is right, with every namespace, to put mistakes into. */
export const base = {
  ociVersion: '1.3.0',
  root: { path: 'rootfs' },
  process: { args: ['true'], cwd: '/' },
  linux: {
    namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup', 'time'].map((type) => ({ type })),
  } as Record<string, unknown>,
};
