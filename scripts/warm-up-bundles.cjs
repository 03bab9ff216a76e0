// Runs command lines with the bundles of bundle.mjs, and writes what V8 has compiled by then into the bundles' caches.
// Usage: node scripts/warm-up-bundles.cjs DIRECTORY FILE; the file lists {bundle, argv}
// A file of its own, in a process of its own: the functions of all command lines of a bundle go into one cache.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { Script } = require('node:vm');

const directory = resolve(process.argv[2]);
const scripts = new Map();

function scriptOf(bundle) {
  if (!scripts.has(bundle)) {
    const filename = `${directory}/commands/${bundle}.js`;
    scripts.set(bundle, new Script(readFileSync(filename, 'latin1'), { filename }));
  }
  return scripts.get(bundle);
}

for (const { bundle, argv } of JSON.parse(readFileSync(process.argv[3], 'utf8')))
  scriptOf(bundle)
    .runInThisContext()(require, directory)
    .run(argv, () => {});
for (const [bundle, script] of scripts) writeFileSync(`${directory}/commands/${bundle}.cache`, script.createCachedData());
