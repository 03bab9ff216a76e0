// Work in directories that go away afterwards, by the commands of a toolchain (standalone-toolchain.mjs).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a program; throws with its output when it fails. */
export function call(what, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${what}\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
}

/** Runs a shell line in the tree, in a directory that holds the sources. */
export function shell({ tree }, cwd, line) {
  // The order of names that the shell expands to is that of the linker's input.
  const script = `export LC_ALL=C; cd ${cwd.slice(tree.length)}; ${line}`;
  const [command, ...args] = tree ? ['chroot', tree, 'sh', '-ec', script] : ['sh', '-ec', script];
  call(line, command, args);
}

/** Calls with a directory that the toolchain sees and that is removed afterwards. */
export function inScratch({ tree }, work) {
  const scratch = mkdtempSync(join(tree ? join(tree, 'tmp') : tmpdir(), 'tsrunc-build-'));
  try {
    return work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
