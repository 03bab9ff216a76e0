// The newest runc and crun that Debian has, made to run on this machine.
// Usage: node scripts/control.mjs [--if-there] [runc|crun]; prints the path of the executable, for TSRUNC=PATH npm test.
// With --if-there nothing is fetched: it prints nothing where it isn't there yet.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { peers } from '../bench/peers.mjs';
import { debianRuntime, needed, places } from './debian-runtime.mjs';
import { cache } from './debian-tree.mjs';
import { setup } from './setup.mjs';

/** One that was made before, of one of the suites of peers(). */
function madeBefore(name) {
  const trees = existsSync(cache())
    ? readdirSync(cache())
        .filter((tree) => /^(sid|trixie)-/.test(tree))
        .sort()
    : [];
  return trees.map((tree) => join(cache(), tree, 'control', name)).find(existsSync);
}

const ifThere = process.argv.includes('--if-there');
const name = process.argv.slice(2).find((word) => word !== '--if-there') ?? 'runc';
if (!Object.hasOwn(places, name))
  throw new Error(`there is no control ${name}; known are ${Object.keys(places).join(', ')}`);
if (ifThere) {
  process.stdout.write(madeBefore(name) ?? '');
  process.exit(0);
}
// What setup says belongs to the terminal: stdout has the path alone.
console.log = console.error;
if (!(await setup(needed))) process.exit(1);
process.stdout.write(`${debianRuntime(peers(), name)}\n`);
