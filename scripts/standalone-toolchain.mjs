// With what the standalone executable is built. QuickJS 2025-04 is Debian's from suite 13 (trixie) on. On such a machine its
// own packages are used; on an older one, and for another architecture, a small tree of that suite. The C library is musl
// (addon/bindings/glibc-names.cc).
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianTree, words } from './debian-tree.mjs';
import { sourcePackage, unpackers } from './quickjs.mjs';

const suite = 'trixie';
const needed = ['base-files', 'dash', 'coreutils', ...unpackers];

/** What of addon/bindings goes into the standalone executable, beside all of addon/core. */
export const standaloneSources = [
  ...['quickjs.cc', 'snapshot.cc', 'heap-layout.cc'],
  ...['glibc-names.cc', 'copy-memory.cc', 'allocation.cc', 'first-pages.cc'],
];

/**
 * The shell line that links a static executable: g++, but with musl where glibc would be.
 * @param tools what toolchain or crossToolchain returns
 * @param name of the executable
 * @param inputs what it is made of, archives and QuickJS included
 */
export function linkLine({ prefix, machine }, name, inputs) {
  const musl = `/usr/lib/${machine}-linux-musl`;
  // crtbegin.o, not the crtbeginT.o of static programs: that one goes through the unwinder's tables at each start.
  const own = `$(dirname $(${prefix}g++ -print-file-name=crtbegin.o))`;
  const runtime = ['libstdc++.a', 'libgcc.a', 'libgcc_eh.a'].map((file) => `${own}/${file}`);
  const libraries = [`/usr/lib/${machine}-linux-gnu/libseccomp.a`];
  return [
    ...[`${prefix}g++ -static -no-pie -nostdlib -Wl,--gc-sections -Wl,-z,norelro,-z,noexecstack -o`, name],
    ...[`${musl}/crt1.o`, `${musl}/crti.o`, `${own}/crtbegin.o`],
    ...[inputs, ...libraries],
    ...['-Wl,--start-group', ...runtime, `${musl}/libc.a`, '-Wl,--end-group'],
    ...[`${own}/crtend.o`, `${musl}/crtn.o`],
  ].join(' ');
}

/** True where this machine's own qjsc is new enough. */
function hasOwn() {
  const version = /QuickJS Compiler version (\d{4}-\d{2})/.exec(words('qjsc', '-h'))?.[1] ?? '';
  return (
    version >= '2025-04' &&
    existsSync('/usr/include/quickjs/quickjs.h') &&
    existsSync('/usr/include/seccomp.h') &&
    hasMusl()
  );
}

function hasMusl() {
  return readdirSync('/usr/lib').some((name) => name.includes('-linux-musl'));
}

const machines = { x64: 'x86_64', arm64: 'aarch64' };

/**
 * What builds for the architecture of this machine, in a tree that is made when it isn't there.
 * @param say called with a line before a tree is made
 * @returns arch: as Node.js calls it; machine: as compilers call it; tree: the root that holds compiler and libraries ('': this machine's);
 *   prefix: of the compiler's name; run: the words before the name of a program that was built
 * @throws Error saying why the standalone can't be built here.
 */
export function toolchain(say) {
  const { arch } = process;
  const machine = machines[arch];
  if (!machine) throw new Error(`the standalone executable is built for ${Object.keys(machines).join(' and ')} alone`);
  const packages = [...needed, 'g++', 'libc6-dev', 'libseccomp-dev', 'libquickjs', 'quickjs', 'musl-dev'];
  const tree = hasOwn()
    ? ''
    : debianTree(suite, packages, {
        complete: 'usr/bin/qjsc',
        source: sourcePackage,
        say: () => say(`making a ${suite} tree for QuickJS (once; under a minute)`),
      });
  return { arch, machine, tree, prefix: '', run: [] };
}

/**
 * What builds for arm64 on an x86-64 machine, and runs what was built: Debian's cross compiler and libraries of both in one tree, and
 * qemu-user, which runs programs of the other architecture as processes.
 * @param say called with a line before a tree is made
 * @returns as toolchain
 * @throws Error saying why that isn't possible here.
 */
export function crossToolchain(say) {
  if (process.arch !== 'x64') throw new Error('the cross compiler runs on x86-64');
  const foreign = ['libc6', 'libstdc++6', 'libseccomp-dev', 'libquickjs', 'musl-dev'].map((name) => `${name}:arm64`);
  const packages = [...needed, 'g++-aarch64-linux-gnu', 'qemu-user', ...foreign];
  const tree = debianTree(suite, packages, {
    complete: 'usr/lib/aarch64-linux-gnu/quickjs/libquickjs.a',
    source: sourcePackage,
    architectures: ['amd64', 'arm64'],
    say: () => say(`making a ${suite} tree for arm64 (once; some minutes)`),
  });
  const run = [join(tree, 'usr/bin/qemu-aarch64')];
  return { arch: 'arm64', machine: 'aarch64', tree, prefix: 'aarch64-linux-gnu-', run };
}
