// Runs command lines with the bundles of bundle.mjs, and writes what V8 has compiled by then into the bundles' caches.
// Usage: node scripts/warm-up-bundles.cjs FOLDER FILE; the file lists {bundle, argv}
// A file of its own, in a process of its own: the functions of all command lines of a bundle go into one cache.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { resolve } = require('node:path');
const { Script } = require('node:vm');

const folder = resolve(process.argv[2]);
const scripts = new Map();

function scriptOf(bundle) {
  if (!scripts.has(bundle)) {
    const filename = `${folder}/commands/${bundle}.js`;
    scripts.set(bundle, new Script(readFileSync(filename, 'latin1'), { filename }));
  }
  return scripts.get(bundle);
}

for (const { bundle, argv } of JSON.parse(readFileSync(process.argv[3], 'utf8')))
  scriptOf(bundle)
    .runInThisContext()(require, folder)
    .run(argv, () => {});
for (const [bundle, script] of scripts) writeFileSync(`${folder}/commands/${bundle}.cache`, script.createCachedData());
