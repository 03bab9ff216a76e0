// Bundles the core for the standalone executable into build/standalone/tsrunc.js: one function of (exports).
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const folder = 'build/standalone';

// The executable stays until a new one takes its place by rename, and so does the archive of native code.
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (/\.(js|cc)$/.test(name)) rmSync(`${folder}/${name}`);
await build({
  entryPoints: ['src/hosts/standalone/main.ts'],
  outfile: `${folder}/tsrunc.js`,
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
