// Bundles the command line for Node.js into build/Release/tsrunc.cjs, which bin/tsrunc runs.
import { build } from 'esbuild';

const bundled = build({
  entryPoints: ['src/native/node/main.ts'],
  outfile: 'build/Release/tsrunc.cjs',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  // Names stay: a stack trace of a bug should tell something.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // CommonJS has the folder of the file as a variable.
  define: { 'import.meta.dirname': '__dirname' },
  logOverride: { 'empty-import-meta': 'silent' },
  logLevel: 'warning',
});
// esbuild has printed what is wrong.
await bundled.catch(() => {
  process.exitCode = 1;
});
