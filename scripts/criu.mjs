// A criu that works with this kernel, for the tests: the machine's own, or the newest that Debian has, in a tree of its own.
// Usage: node scripts/criu.mjs; prints the directory to put into PATH.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianTree, words } from './debian-tree.mjs';

const packages = ['base-files', 'criu', 'runc'];
// A mirror that is a snapshot has an index of sid that is past its date.
const aptOptions = ['Acquire::Check-Valid-Until "false"'];

/** criu finds its libraries in the tree, and iptables and the like on the machine. */
function wrapper(tree) {
  const loader = join(tree, 'usr/lib64/ld-linux-x86-64.so.2');
  const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
  return `#!/bin/sh\nexec ${loader} --library-path ${libraries} ${join(tree, 'usr/sbin/criu')} "$@"\n`;
}

function makeDirectory() {
  if (words('criu', 'check').includes('Looks good')) return words('sh', '-c', 'dirname "$(command -v criu)"').trim();
  const say = () => console.error(`making a sid tree with ${packages.join(', ')} (once; half a minute)`);
  const tree = debianTree('sid', packages, { complete: 'usr/sbin/criu', say, aptOptions });
  const directory = join(tree, 'criu-bin');
  if (!existsSync(directory)) mkdirSync(directory);
  for (const name of ['criu']) {
    writeFileSync(join(directory, name), wrapper(tree));
    chmodSync(join(directory, name), 0o755);
  }
  return directory;
}

console.log(makeDirectory());
