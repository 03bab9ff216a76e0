// A criu that works with this kernel, for the tests: the machine's own, or the newest that Debian has, in a tree of its own.
// Usage: node scripts/criu.mjs; prints the folder to put into PATH.
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

function makeFolder() {
  if (words('criu', 'check').includes('Looks good')) return words('sh', '-c', 'dirname "$(command -v criu)"').trim();
  const say = () => console.error(`making a sid tree with ${packages.join(', ')} (once; half a minute)`);
  const tree = debianTree('sid', packages, { complete: 'usr/sbin/criu', say, aptOptions });
  const folder = join(tree, 'criu-bin');
  if (!existsSync(folder)) mkdirSync(folder);
  for (const name of ['criu']) {
    writeFileSync(join(folder, name), wrapper(tree));
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

console.log(makeFolder());
