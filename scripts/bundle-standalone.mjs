// Bundles the core for the standalone executable into build/standalone/tsrunc.js: one function of (exports). The names of the npm
// packages that are in it go into packages.json.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const directory = 'build/standalone';

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
  minify: true,
  legalComments: 'none',
  // QuickJS gives it what CommonJS would.
  banner: { js: '(function(exports){"use strict";const module={exports};' },
  footer: { js: 'Object.assign(exports,module.exports)})' },
  logLevel: 'warning',
});

const bundled = Object.keys(metafile.inputs).map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
const names = [...new Set(bundled.filter((name) => name !== undefined))].sort();
writeFileSync(`${directory}/packages.json`, JSON.stringify(names));
