// Bundles the core for the standalone executable into build/standalone/tsrunc.js: one function of (exports). The names of the npm
// packages that are in it go into packages.json. Usage: node scripts/bundle-standalone.mjs [DIRECTORY]
//   DIRECTORY  into this one, with the names that the functions have in the sources, for a profile
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const named = process.argv[2];
const directory = named ?? 'build/standalone';

// The executable stays until a new one takes its place by rename, and so does the archive of native code.
mkdirSync(directory, { recursive: true });
for (const name of readdirSync(directory)) if (/\.(js|cc)$/.test(name)) rmSync(`${directory}/${name}`);
const { metafile } = await build({
  metafile: true,
  entryPoints: ['src/hosts/standalone/main.ts'],
  outfile: `${directory}/tsrunc.js`,
  bundle: true,
  format: 'cjs',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  minifyIdentifiers: named === undefined,
  legalComments: 'none',
  // QuickJS gives it what CommonJS would.
  banner: { js: '(function(exports){"use strict";const module={exports};' },
  footer: { js: 'Object.assign(exports,module.exports)})' },
  logLevel: 'warning',
});

const bundled = Object.keys(metafile.inputs).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
const names = [...new Set(bundled.filter((name) => name !== undefined))].sort();
writeFileSync(`${directory}/packages.json`, JSON.stringify(names));
