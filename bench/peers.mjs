// The runtimes that tsrunc is measured against: the newest runc and crun that Debian has packaged.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianTree, words } from '../scripts/debian-tree.mjs';

const packages = ['base-files', 'busybox-static', 'crun', 'runc'];
const say = (suite) => () => console.error(`making a ${suite} tree with ${packages.join(', ')} (once; half a minute)`);

/**
 * The tree with the peers and busybox, made when it isn't there. A mirror that is a snapshot has an index of sid that is
 * past its date: its signature is good all the same, and what it has is only measured, so that it is taken.
 */
function makePeers() {
  const complete = 'usr/bin/crun';
  const stale = 'Acquire::Check-Valid-Until "false"';
  const tries = [
    ['sid', []],
    ['sid', [stale]],
    ['trixie', []],
  ];
  let last;
  for (const [suite, aptOptions] of tries) {
    try {
      return debianTree(suite, packages, { complete, say: say(suite), aptOptions });
    } catch (error) {
      console.error(error.message);
      last = error;
    }
  }
  throw last;
}

/** Makes the peers ready; returns the root of their tree. */
export function peers() {
  const tree = makePeers();
  // Without it every library is searched for: nobody has a system like that.
  if (!existsSync(join(tree, 'etc/ld.so.cache'))) words('ldconfig', '-r', tree);
  return tree;
}
