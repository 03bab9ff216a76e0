// Runtimes of a tree of Debian packages, made to run on this machine, whose libraries may be older or newer.
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { words } from './debian-tree.mjs';

/** Where Debian has them. */
export const places = { runc: 'usr/sbin/runc', crun: 'usr/bin/crun' };

/** What has to be installed for that, and what it is for. */
export const needed = {
  mmdebstrap: 'makes trees of Debian packages',
  patchelf: 'lets a program of another Debian run here',
};

/**
 * A copy that names its loader and libraries in the tree: runc executes itself again, so that a script around it won't do.
 * @returns the path of the executable, whose name is the runtime's
 */
export function debianRuntime(tree, name) {
  const directory = join(tree, 'control');
  const path = join(directory, name);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const copy = `${path}.new`;
  copyFileSync(join(tree, places[name]), copy);
  const loader = words('patchelf', '--print-interpreter', copy).trim();
  const libraries = join(tree, 'usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);
  words('patchelf', '--set-interpreter', join(tree, loader), '--set-rpath', libraries, copy);
  if (words(copy, '--version') === '') throw new Error(`${name} of the tree does not run here`);
  renameSync(copy, path);
  return path;
}
