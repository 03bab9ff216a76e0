import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execute, project } from './runtime.js';

/** Why C programs can't be compiled here, or false. */
export const needsCompiler = (): string | false =>
  existsSync('/usr/bin/gcc') ? false : 'needs gcc, for an attacker that is faster than a shell';

/** Compiles a program of test/helpers into a static executable. */
export function compile(name: string, target: string): void {
  const source = join(project, 'test/helpers', name);
  const result = execute(['gcc', '-O2', '-static', '-o', target, source]);
  if (result.status !== 0) throw new Error(result.stderr);
}

/** Compiles C++ programs of the tests; sources are relative to test/. */
export function compilePrograms(sources: readonly string[], target: string, flags: readonly string[] = []): void {
  const paths = sources.map((source) => join(project, 'test', source));
  const result = execute(
    ['g++', '-std=c++17', '-O1', '-Wall', '-Wextra', '-Werror', '-o', target, ...paths, ...flags],
    {
      timeout: 60_000,
    },
  );
  if (result.status !== 0) throw new Error(result.stderr);
}
