// Builds tsrunc: generated sources, native half, dist/, the bundle of the command line, bin/tsrunc.
// Usage: node scripts/build.mjs [--force | --sanitize]
// Prints a line for each step; what compilers say goes to build/log/STEP.log and is shown when a step fails. A step whose
// inputs are those of its last success is skipped.
//   --force     skips nothing
//   --sanitize  build/sanitize/ only: init and the decoder's test driver with address and undefined-behaviour sanitizers, and
//               build/sanitize/host/bin/tsrunc-node, the Node host as it was built last but with that init
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flags } from './compiler-flags.mjs';
import { initImage } from './embed-data.mjs';
import { scriptFiles } from './script-files.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(top);
const force = process.argv.includes('--force');
const started = process.hrtime.bigint();
const seconds = (since) => `${(Number(process.hrtime.bigint() - since) / 1e9).toFixed(1)} s`;
const report = (name, text) => console.log(`  ${name.padEnd(20)}${text}`);

/** Every file below the given files and directories, but for those that `skip` matches. */
function filesBelow(paths, skip = /\/generated\//) {
  return paths.flatMap((path) => {
    if (!existsSync(path) || skip.test(path)) return [];
    if (!statSync(path).isDirectory()) return [path];
    return filesBelow(
      readdirSync(path).map((name) => join(path, name)),
      skip,
    );
  });
}

/** What a step depends on, as one hash: names and contents of the files, and the words in `extra`. */
function fingerprint(files, extra) {
  const hash = createHash('sha256').update(JSON.stringify([process.version, process.execPath, extra]));
  for (const file of files.sort()) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

/** Runs a program with its output going to the log; rejects when it fails. */
function run(log, command, args, env = {}) {
  return new Promise((resolve, reject) => {
    log.push(`$ ${[command, ...args].join(' ')}\n`);
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data) => log.push(data));
    child.stderr.on('data', (data) => log.push(data));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command} failed (${code})`))));
  });
}

/**
 * Does one step of the build unless its inputs are those of last time and its outputs are there.
 * @returns whether the outputs are good.
 */
async function step(name, { inputs, skip, extra = [], outputs }, work) {
  const since = process.hrtime.bigint();
  const stamp = `build/stamps/${name}`;
  const now = fingerprint(filesBelow(inputs, skip), extra);
  const before = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (!force && now === before && outputs.every((path) => existsSync(path))) {
    report(name, 'up to date');
    return true;
  }
  const log = [];
  const logFile = `build/log/${name}.log`;
  let failure;
  try {
    await work(log);
  } catch (error) {
    failure = error;
  }
  writeFileSync(logFile, Buffer.concat(log.map((part) => Buffer.from(part))));
  if (failure) {
    report(name, `FAILED after ${seconds(since)}: ${failure.message}`);
    process.stdout.write(readFileSync(logFile, 'utf8').replace(/^/gm, '    | '));
    console.log(`\n    (${logFile})`);
    return false;
  }
  writeFileSync(stamp, now);
  report(name, seconds(since));
  return true;
}

const node = (log, script, ...args) => run(log, process.execPath, [script, ...args]);

function commit() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** What the native half is built with; a clear word now instead of a compiler's later. */
function requireTools() {
  const has = (command, ...args) => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  const missing = [];
  if (!has('g++', '--version')) missing.push('g++');
  if (!has('make', '--version')) missing.push('make');
  if (!has('python3', '--version')) missing.push('python3');
  if (!existsSync('/usr/include/seccomp.h')) missing.push('libseccomp-dev');
  if (missing.length > 0) throw new Error(`missing, by their names in Debian: ${missing.join(' ')}`);
}

/** Where node-gyp finds Node's headers: as npm is told, else beside this Node; '' if it has to fetch them. */
function headers() {
  const prefix = dirname(dirname(process.execPath));
  return process.env.npm_config_nodedir ?? (existsSync(join(prefix, 'include/node/node_api.h')) ? prefix : '');
}

const generateSteps = () =>
  step(
    'steps',
    {
      inputs: [
        'src/plan/steps/step-table.ts',
        'src/plan/steps/protocol.ts',
        ...scriptFiles('scripts/generate-steps.mjs'),
      ],
      outputs: [
        'src/plan/steps/generated/steps.ts',
        'src/library/types/generated/plan-step.ts',
        ...['steps.h', 'step-functions.h', 'protocol.h'].map((name) => `addon/init/generated/${name}`),
      ],
    },
    (log) => node(log, 'scripts/generate-steps.mjs'),
  );

const generateValidators = () =>
  step(
    'validators',
    {
      inputs: ['spec-schemas', 'package-lock.json', ...scriptFiles('scripts/generate-validators.mjs')],
      outputs: ['src/config/generated/validators.ts', 'src/config/generated/shape-text.ts'],
    },
    (log) => node(log, 'scripts/generate-validators.mjs', '--force'),
  );

const generateBuildInfo = () =>
  step(
    'build-info',
    {
      inputs: ['package.json', ...scriptFiles('scripts/generate-build-info.mjs')],
      extra: [commit()],
      outputs: ['src/base/generated/build-info.ts'],
    },
    (log) => node(log, 'scripts/generate-build-info.mjs'),
  );

const buildNative = () =>
  step(
    'native',
    {
      inputs: ['addon', 'package-lock.json', ...scriptFiles('binding.gyp')],
      skip: /\/test-[^/]*\.cc$/,
      extra: [headers()],
      outputs: ['build/Release/tsrunc.node', 'build/Release/tsrunc-init', 'build/Release/tsrunc-launcher'],
    },
    async (log) => {
      requireTools();
      const gyp = 'node_modules/node-gyp/bin/node-gyp.js';
      const nodedir = headers() === '' ? [] : [`--nodedir=${headers()}`];
      await node(log, gyp, 'configure', 'build', '--release', '--jobs=max', ...nodedir);
    },
  );

/** Puts a program in bin/ by rename: the old one may be running. */
function install(from, name) {
  mkdirSync('bin', { recursive: true });
  copyFileSync(from, `bin/.${name}.new`);
  chmodSync(`bin/.${name}.new`, 0o755);
  renameSync(`bin/.${name}.new`, `bin/${name}`);
}

const buildLauncher = () =>
  step('launcher', { inputs: ['build/Release/tsrunc-launcher'], outputs: ['bin/tsrunc-node'] }, () =>
    install('build/Release/tsrunc-launcher', 'tsrunc-node'),
  );

const buildStandalone = () =>
  step(
    'standalone',
    {
      // Init is compiled with the native half.
      inputs: [
        ...['src', 'addon', 'build/Release/tsrunc-init', 'tsconfig.json', 'package-lock.json'],
        ...['scripts/heap-profile.txt', 'scripts/quickjs-profile.gz', 'scripts/function-order.ld'],
        ...scriptFiles('scripts/bundle-standalone.mjs', 'scripts/build-standalone.mjs'),
      ],
      skip: /\/test-[^/]*\.cc$/,
      outputs: ['build/standalone/tsrunc', 'build/standalone/heap-profile.txt'],
    },
    async (log) => {
      await node(log, 'scripts/bundle-standalone.mjs');
      await node(log, 'scripts/build-standalone.mjs');
    },
  );

/** bin/tsrunc: the standalone executable, or the Node host where that can't be built. */
async function buildCommand() {
  const standalone = !process.env.TSRUNC_NO_STANDALONE && (await buildStandalone());
  if (!standalone) report('warning', 'no standalone executable: bin/tsrunc runs on Node.js, and is slower');
  install(standalone ? 'build/standalone/tsrunc' : 'build/Release/tsrunc-launcher', 'tsrunc');
}

const buildTypescript = () =>
  step(
    'typescript',
    { inputs: ['src', 'tsconfig.json', 'package-lock.json'], skip: /^$/, outputs: ['dist/hosts/node/main.js'] },
    (log) =>
      node(
        log,
        'node_modules/typescript/bin/tsc',
        ...['-p', '.', '--incremental', '--tsBuildInfoFile', 'build/tsconfig.tsbuildinfo'],
      ),
  );

const buildBundle = () =>
  step(
    'bundle',
    {
      inputs: [
        ...['src', 'build/Release/tsrunc.node', 'build/Release/tsrunc-init', 'tsconfig.json', 'package-lock.json'],
        ...scriptFiles('scripts/bundle.mjs'),
      ],
      skip: /^$/,
      outputs: ['build/Release/tsrunc.cjs', 'build/Release/commands/all.cache'],
    },
    (log) => node(log, 'scripts/bundle.mjs'),
  );

async function build() {
  mkdirSync('build/log', { recursive: true });
  mkdirSync('build/stamps', { recursive: true });
  console.log('tsrunc: build');
  const generated = await Promise.all([generateSteps(), generateValidators(), generateBuildInfo()]);
  if (generated.includes(false)) return false;
  // The bundle last: its start-up cache is made by running it.
  const program = async () => (await buildNative()) && (await buildLauncher()) && (await buildBundle());
  const results = await Promise.all([program(), buildTypescript()]);
  if (results.includes(false)) return false;
  await buildCommand();
  return true;
}

async function buildSanitized() {
  mkdirSync('build/log', { recursive: true });
  mkdirSync('build/stamps', { recursive: true });
  mkdirSync('build/sanitize', { recursive: true });
  console.log('tsrunc: build with sanitizers');
  if (!(await generateSteps())) return false;
  const sources = readdirSync('addon/init').filter((name) => name.endsWith('.cc'));
  const inputs = [
    ...['addon/init', 'addon/core/raw.h', 'addon/core/wire.h'],
    ...['scripts/build.mjs', 'scripts/compiler-flags.mjs'],
  ];
  const compile = (name, output, defines, files) =>
    step(`sanitize-${name}`, { inputs, skip: /^$/, outputs: [output] }, (log) =>
      run(log, 'g++', [
        ...flags.language,
        ...[...flags.sanitized, ...defines, '-o', output],
        ...files.map((file) => `addon/init/${file}`),
      ]),
    );
  const init = [...sources.filter((name) => !name.startsWith('test-')), 'test-sanitizers.cc'];
  // Static: no library is looked for from within a container.
  const hosted = ['-DTSRUNC_HOSTED', '-static-libasan', '-static-libubsan'];
  const compiled = await Promise.all([
    compile('init', 'build/sanitize/tsrunc-init', hosted, init),
    compile('decoder', 'build/sanitize/test-decoder', ['-DTSRUNC_TEST_DECODER'], ['test-decoder.cc']),
  ]);
  return compiled.every((good) => good) && (await hostWithSanitizedInit());
}

/** The Node host in a tree of its own: the objects of the addon, linked with the sanitized init. */
function hostWithSanitizedInit() {
  const built = 'build/Release';
  const host = 'build/sanitize/host';
  const bundles = ['tsrunc.cjs', 'commands'];
  return step(
    'sanitize-host',
    {
      inputs: ['build/sanitize/tsrunc-init', `${built}/tsrunc.node`, ...bundles.map((name) => `${built}/${name}`)],
      outputs: [`${host}/bin/tsrunc-node`, `${host}/${built}/tsrunc.node`],
    },
    async (log) => {
      mkdirSync(`${host}/bin`, { recursive: true });
      for (const name of bundles) cpSync(`${built}/${name}`, `${host}/${built}/${name}`, { recursive: true });
      copyFileSync(`${built}/tsrunc-launcher`, `${host}/bin/tsrunc-node`);
      chmodSync(`${host}/bin/tsrunc-node`, 0o755);
      const image = 'build/sanitize/init-image.S';
      writeFileSync(image, initImage(join(top, 'build/sanitize/tsrunc-init')));
      const objects = filesBelow([`${built}/obj.target/tsrunc/addon`]).filter((name) => name.endsWith('.o'));
      const link = ['-shared', '-Wl,--gc-sections', '-o', `${host}/${built}/tsrunc.node`, ...objects, image];
      await run(log, 'g++', [...link, '-l:libseccomp.a']);
    },
  );
}

if (!existsSync('node_modules')) {
  console.error('node_modules is missing: `npm ci` makes it; `npm test` and `npm run demo` do all that is needed');
  process.exit(1);
}
// One build at a time in a tree: another waits, and finds everything up to date.
if (!process.env.TSRUNC_BUILD_LOCKED) {
  mkdirSync('build', { recursive: true });
  const again = ['build/lock', process.execPath, ...process.argv.slice(1)];
  const locked = spawnSync('flock', again, { stdio: 'inherit', env: { ...process.env, TSRUNC_BUILD_LOCKED: '1' } });
  if (!locked.error) process.exit(locked.status ?? 1);
}
const good = await (process.argv.includes('--sanitize') ? buildSanitized() : build());
console.log(good ? `built in ${seconds(started)}` : 'the build failed');
process.exitCode = good ? 0 : 1;
