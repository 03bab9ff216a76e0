// Bundles the command line for Node.js, which bin/tsrunc runs, into build/Release:
//   tsrunc.cjs        loads the next two
//   tsrunc-cli.js     the bundle
//   tsrunc-cli.cache  what V8 makes of it: start-up without it takes some 10 ms more, most of it parsing
// The cache fits the Node that built it; another Node refuses it and compiles the bundle.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = 'build/Release';

const loader = `'use strict';
const { readFileSync } = require('fs');
const { Script } = require('vm');
const file = __dirname + '/tsrunc-cli.js';
let cachedData;
try {
  cachedData = readFileSync(__dirname + '/tsrunc-cli.cache');
} catch {}
new Script(readFileSync(file, 'latin1'), { filename: file, cachedData }).runInThisContext()(require, __dirname);
`;

/** Runs commands that touch what most commands need, so that the cache holds the functions they use; then writes it. */
const warmUp = `'use strict';
const { readFileSync, writeFileSync } = require('fs');
const { Script } = require('vm');
const [file, bundle, out] = process.argv.slice(2);
const script = new Script(readFileSync(file, 'latin1'), { filename: file });
const run = script.runInThisContext();
process.reallyExit = () => {};
const commands = [
  ['spec', '--bundle', bundle],
  ['explain', '--bundle', bundle],
  ['--root', bundle, 'state', 'none'],
  ['features'],
];
for (const args of commands) {
  process.argv = [process.execPath, file, ...args];
  run(require, require('path').dirname(file));
}
writeFileSync(out, script.createCachedData());
`;

function writeCache() {
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-build-'));
  try {
    writeFileSync(join(scratch, 'warm-up.cjs'), warmUp);
    // Without one, nothing is planned.
    mkdirSync(join(scratch, 'rootfs'));
    const args = [join(scratch, 'warm-up.cjs'), `${process.cwd()}/${folder}/tsrunc-cli.js`, scratch];
    execFileSync(process.execPath, ['--no-warnings', ...args, join(scratch, 'cache')], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH },
    });
    writeFileSync(`${folder}/.cache.new`, readFileSync(join(scratch, 'cache')));
    renameSync(`${folder}/.cache.new`, `${folder}/tsrunc-cli.cache`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

try {
  await build({
    entryPoints: ['src/native/node/main.ts'],
    outfile: `${folder}/tsrunc-cli.js`,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    // The loader calls it with what CommonJS would give.
    banner: { js: '(function(require,__dirname){const module={exports:{}};' },
    footer: { js: '})' },
    define: { 'import.meta.dirname': '__dirname' },
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
} catch {
  // esbuild has printed what is wrong.
  process.exit(1);
}
writeFileSync(`${folder}/tsrunc.cjs`, loader);
rmSync(`${folder}/tsrunc-cli.cache`, { force: true });
writeCache();
