// The crun of Debian 12, with the libraries of Debian 12, made to run where another Debian's libraries are.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { debianTree } from '../scripts/debian-tree.mjs';

const suite = 'bookworm';
const packages = ['base-files', 'coreutils', 'crun', 'patchelf'];

/**
 * A directory with the executable `crun`, its loader and its libraries, made when it isn't there.
 * @param place where it is going to be for those who run it, an absolute path. The executable itself names loader and libraries there:
 *   crun executes /proc/self/exe again, so that a script that calls the loader won't do.
 */
export function bookwormCrun(place) {
  const say = () => console.error(`making a ${suite} tree with ${packages.join(', ')} (once; some seconds)`);
  const tree = debianTree(suite, packages, { complete: 'usr/bin/crun', say });
  const directory = join(tree, place);
  if (existsSync(directory)) return directory;
  const inTree = (...command) => execFileSync('chroot', [tree, ...command], { encoding: 'utf8' });
  const loader = inTree('patchelf', '--print-interpreter', '/usr/bin/crun').trim();
  const list = inTree(loader, '--list', '/usr/bin/crun');
  const libraries = [...list.matchAll(/ => (\/\S+)/g)].map(([, path]) => path);
  const making = `${place}.new`;
  rmSync(join(tree, making), { recursive: true, force: true });
  mkdirSync(join(tree, making), { recursive: true });
  // In the tree: links in there can be absolute.
  inTree('cp', '--dereference', '/usr/bin/crun', loader, ...libraries, making);
  // The older kind of path, in which the libraries of libraries are looked for too.
  const paths = ['--set-interpreter', join(place, basename(loader)), '--force-rpath', '--set-rpath', place];
  inTree('patchelf', ...paths, join(making, 'crun'));
  renameSync(join(tree, making), directory);
  return directory;
}
