// Builds everything for arm64 on an x86-64 machine, as binding.gyp and build-standalone.mjs do for this one, into build/aarch64:
//   tsrunc        the static executable
//   tsrunc.node   the addon for Node.js
//   tsrunc-init, test-decoder, tsrunc-launcher
// After `npm run build`, whose bundle and generated sources it takes. Needs root once, for the tree of crossToolchain.
// Usage: node scripts/cross-compile.mjs
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flags, hardened, hardenedInit } from './compiler-flags.mjs';
import { initImage } from './embed-data.mjs';
import { linkStandalone } from './link-standalone.mjs';
import { optionsInC } from './node-options.mjs';
import { inScratch, shell } from './scratch.mjs';
import { crossToolchain } from './standalone-toolchain.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const directory = 'build/aarch64';
const quoted = (words) => words.map((word) => `'${word}'`).join(' ');

const sources = (path) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.cc') && !name.startsWith('test-'))
    .sort()
    .map((name) => join(path, name));

/** Node.js's headers, where the build of this machine's addon had them: they are the same for every architecture. */
function nodeHeaders() {
  const [, directory] = /"nodedir": "(.*)"/.exec(readFileSync('build/config.gypi', 'utf8')) ?? [];
  const headers = join(directory ?? '', 'include/node');
  if (!existsSync(join(headers, 'node_api.h'))) throw new Error('no headers of Node.js: `npm run build` fetches them');
  return headers;
}

/** Init, and the programs that need no library but the compiler's own. */
function buildBare(tools, scratch) {
  const bare = [...flags.language, ...flags.warnings, ...flags.freestanding, ...flags.freestandingLink];
  const launcher = [...bare, '-DTSRUNC_NODE="/usr/bin/node"', `-DTSRUNC_NODE_OPTIONS=${optionsInC}`];
  const decoder = [...flags.language, ...flags.warnings, '-O2', '-static', '-DTSRUNC_TEST_DECODER'];
  const compile = (name, options, files) =>
    shell(tools, scratch, `${tools.prefix}g++ ${quoted([...options, '-o', name, ...files])}`);
  compile('tsrunc-init', [...bare, ...hardenedInit(tools.arch)], sources('addon/init'));
  compile('tsrunc-launcher', launcher, ['addon/launcher/launcher.cc']);
  compile('test-decoder', decoder, ['addon/init/test-decoder.cc']);
}

function buildAddon(tools, scratch) {
  cpSync(nodeHeaders(), join(scratch, 'node'), { recursive: true });
  cpSync(
    dirname(createRequire(import.meta.url).resolve('node-addon-api/package.json')),
    join(scratch, 'node-addon-api'),
    {
      recursive: true,
    },
  );
  writeFileSync(join(scratch, 'init-image.S'), initImage('tsrunc-init'));
  const options = [
    ...flags.language,
    ...flags.warnings,
    ...flags.core,
    ...hardened(tools.arch),
    ...flags.addon,
    ...['-isystem', 'node', '-isystem', 'node-addon-api'],
  ];
  const link = [...flags.addonLink, '-static-libstdc++', '-static-libgcc', '-l:libseccomp.a'];
  shell(
    tools,
    scratch,
    `mkdir objects; for source in ${sources('addon/core').join(' ')} addon/bindings/node.cc; do
      ${tools.prefix}g++ ${quoted(options)} -c $source -o objects/$(basename $source).o; done
    ${tools.prefix}gcc -c init-image.S -o objects/init-image.o
    ${tools.prefix}g++ -shared -o tsrunc.node objects/*.o ${quoted(link)}`,
  );
}

const products = ['tsrunc-init', 'tsrunc-launcher', 'test-decoder', 'tsrunc.node'];

/** What the products are made of, as one hash. */
function fingerprint({ tree, arch }) {
  const hash = createHash('sha256').update(
    JSON.stringify([tree, flags, hardened(arch), hardenedInit(arch), optionsInC]),
  );
  hash.update(readFileSync('package-lock.json')).update(readFileSync('scripts/cross-compile.mjs'));
  for (const name of readdirSync('addon', { recursive: true }).sort()) {
    const path = join('addon', name);
    if (statSync(path).isFile()) hash.update(`\0${path}\0`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

function buildNative(tools) {
  inScratch(tools, (scratch) => {
    cpSync('addon', join(scratch, 'addon'), { recursive: true });
    buildBare(tools, scratch);
    buildAddon(tools, scratch);
    for (const name of products) {
      // By rename: the old one may be running.
      cpSync(join(scratch, name), join(directory, `.${name}.new`));
      renameSync(join(directory, `.${name}.new`), join(directory, name));
    }
  });
}

function build() {
  const tools = crossToolchain((text) => console.log(text));
  mkdirSync(directory, { recursive: true });
  const [stamp, now] = [join(directory, 'stamp'), fingerprint(tools)];
  const upToDate = products.every((name) => existsSync(join(directory, name))) && existsSync(stamp);
  if (!upToDate || readFileSync(stamp, 'utf8') !== now) {
    buildNative(tools);
    writeFileSync(stamp, now);
  }
  linkStandalone(tools, {
    directory,
    init: join(directory, 'tsrunc-init'),
    bundle: 'build/standalone/tsrunc.js',
    // Commands of this machine's executable use the same blocks.
    profile: 'build/standalone/heap-profile.txt',
  });
}

try {
  build();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
