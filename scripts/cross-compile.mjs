// Compiles all native code for aarch64 with Debian's cross compiler (g++-aarch64-linux-gnu), as binding.gyp and
// build-standalone.mjs do for this machine: nothing of it is installed or kept, it shows that the code is right for both.
// Links init, the decoder's test driver and the launcher, which need no library but the compiler's own, and leaves them in
// build/aarch64. Usage: node scripts/cross-compile.mjs
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { optionsInC } from './node-options.mjs';
import { standaloneSources, toolchain } from './standalone-toolchain.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const compiler = 'aarch64-linux-gnu-g++';
const folder = 'build/aarch64';
const strict = [
  '-std=c++17',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Wunused-parameter',
  '-Werror',
  '-fno-exceptions',
  '-fno-rtti',
];
const freestanding = ['-Os', '-ffreestanding', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'];
const bare = [...freestanding, '-fno-threadsafe-statics', '-nostdlib', '-static', '-no-pie', '-fno-pie', '-s'];
const sources = (path) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.cc') && !name.startsWith('test-'))
    .map((name) => join(path, name));

let good = true;
function compile(...args) {
  const { status, stdout, stderr, error } = spawnSync(compiler, [...strict, ...args], { encoding: 'utf8' });
  if (status === 0) return;
  process.stdout.write(error ? `${compiler}: ${error.message}\n` : `${stdout}${stderr}`);
  good = false;
}

mkdirSync(join(folder, 'include'), { recursive: true });
// QuickJS's headers alone: the C library's beside them are another architecture's.
const quickjs = `${toolchain((text) => console.log(text))}/usr/include/quickjs`;
rmSync(join(folder, 'include/quickjs'), { recursive: true, force: true });
if (existsSync(quickjs)) cpSync(quickjs, join(folder, 'include/quickjs'), { recursive: true });

compile(...bare, '-o', join(folder, 'tsrunc-init'), ...sources('addon/init'));
compile('-static', '-DTSRUNC_TEST_DECODER', '-o', join(folder, 'test-decoder'), 'addon/init/test-decoder.cc');
const launcher = ['-DTSRUNC_NODE="/usr/bin/node"', `-DTSRUNC_NODE_OPTIONS=${optionsInC}`];
compile(...bare, ...launcher, '-o', join(folder, 'tsrunc-launcher'), 'addon/launcher/launcher.cc');
const standalone = standaloneSources.map((name) => join('addon/bindings', name));
for (const source of [...sources('addon/core'), ...standalone])
  compile('-D_GNU_SOURCE', '-isystem', join(folder, 'include'), '-c', source, '-o', '/dev/null');
process.exitCode = good ? 0 : 1;
