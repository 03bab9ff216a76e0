// The newest runc and crun that Debian has, made to run on this machine, whose libraries may be older.
// Usage: node scripts/control.mjs [runc|crun]; prints the path of the executable, for TSRUNC=PATH npm test.
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { peers } from '../bench/peers.mjs';
import { words } from './debian-tree.mjs';
import { setup } from './setup.mjs';

const places = { runc: 'usr/sbin/runc', crun: 'usr/bin/crun' };

/** A copy that names its loader and libraries in the tree: runc executes itself again, so that a script around it won't do. */
function control(name) {
  const tree = peers();
  const folder = join(tree, 'control');
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const copy = `${path}.new`;
  copyFileSync(join(tree, places[name]), copy);
  const loader = words('patchelf', '--print-interpreter', copy).trim();
  const libraries = join(tree, 'usr/lib', `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);
  words('patchelf', '--set-interpreter', join(tree, loader), '--set-rpath', libraries, copy);
  if (words(copy, '--version') === '') throw new Error(`${name} of the tree does not run here`);
  renameSync(copy, path);
  return path;
}

const name = process.argv[2] ?? 'runc';
if (!Object.hasOwn(places, name))
  throw new Error(`there is no control ${name}; known are ${Object.keys(places).join(', ')}`);
// What setup says belongs to the terminal: stdout has the path alone.
console.log = console.error;
if (
  !(await setup({
    mmdebstrap: 'makes trees of Debian packages',
    patchelf: 'lets a program of another Debian run here',
  }))
)
  process.exit(1);
process.stdout.write(`${control(name)}\n`);
