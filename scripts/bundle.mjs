// Bundles the command line for Node.js, which bin/tsrunc-node runs, into build/Release:
//   tsrunc.cjs           loads one of the bundles
//   commands/NAME.js     one command and what it needs: what isn't there is neither read nor evaluated
//   commands/all.js      all of them, for words that don't tell which one is called
//   commands/NAME.cache  what V8 makes of a bundle: start-up without it takes some 10 ms more, most of it parsing
// A cache fits the Node that built it; another Node refuses it and compiles the bundle.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { commandTable } from './load-table.mjs';
import { nodeOptions } from './node-options.mjs';
import { furtherCommands, removal, sampleBundles, sampleCommands } from './sample-commands.mjs';

const top = process.cwd();
const directory = 'build/Release';
const names = commandTable.map(({ name }) => name);

/** The source of a bundle's first module: `run` with the commands that it `has`. */
const entry = (has) => `
  import { run as runWith } from './src/hosts/node/main.js';
  ${has}
  export const run = (argv, exit) => runWith(argv, commands, exit);
`;
const entries = new Map([
  ['all', entry(`import { commands } from './src/cli/commands.js';`)],
  ...names.map((name) => [
    name,
    entry(`import { ${name} as command } from './src/cli/commands/${name}.js'; const commands = { ${name}: command };`),
  ]),
]);

async function bundle([name, contents]) {
  await build({
    stdin: { contents, resolveDir: top },
    outfile: `${directory}/commands/${name}.js`,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    // The loader calls it with what CommonJS would give.
    banner: { js: '(function(require,__dirname){const module={exports:{}};' },
    footer: { js: 'return module.exports})' },
    define: { 'import.meta.dirname': '__dirname' },
    logOverride: { 'empty-import-meta': 'silent' },
    logLevel: 'warning',
  });
}

/**
 * Which bundle runs a command line. The one word that is a command's name is the command; where none is, there is no
 * command to run, and any bundle says so. Where there are more, as with a container that is called like a command, the
 * bundle that has all runs it. Its source stands in the loader too, so it uses nothing from outside.
 */
function bundleFor(argv, names) {
  const named = argv.filter((word) => names.includes(word));
  return named.length === 0 ? 'help' : named.length === 1 ? named[0] : 'all';
}

const loader = `'use strict';
const { readFileSync } = require('fs');
const { Script } = require('vm');
${bundleFor}
const argv = process.argv.slice(2);
const path = __dirname + '/commands/' + bundleFor(argv, ${JSON.stringify(names)});
let cachedData;
try {
  cachedData = readFileSync(path + '.cache');
} catch {}
new Script(readFileSync(path + '.js', 'latin1'), { filename: path + '.js', cachedData })
  .runInThisContext()(require, __dirname)
  .run(argv);
`;

/** Runs command lines; what they used goes into the caches of their bundles. Returns whether it came to its end. */
function warmUp(scratch, commands) {
  const file = join(scratch, 'commands.json');
  writeFileSync(file, JSON.stringify(commands.map((argv) => ({ bundle: bundleFor(argv, names), argv }))));
  const args = [...nodeOptions, 'scripts/warm-up-bundles.cjs', directory, file];
  const settings = { stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000, env: { PATH: process.env.PATH } };
  return spawnSync(process.execPath, args, settings).status === 0;
}

function writeCaches() {
  const scratch = mkdtempSync(join(tmpdir(), 'tsrunc-build-'));
  try {
    const bundles = sampleBundles(scratch, (commands) => warmUp(scratch, commands));
    const commands = [...sampleCommands(scratch, bundles), ...furtherCommands(scratch, bundles)];
    // Cut short by the time limit, they have left a container.
    if (!warmUp(scratch, commands)) warmUp(scratch, [removal(scratch)]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

rmSync(`${directory}/commands`, { recursive: true, force: true });
mkdirSync(`${directory}/commands`, { recursive: true });
try {
  await Promise.all([...entries].map(bundle));
} catch {
  // esbuild has printed what is wrong.
  process.exit(1);
}
writeFileSync(`${directory}/tsrunc.cjs`, loader);
writeCaches();
