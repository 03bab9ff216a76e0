// Where the standalone executable is built: QuickJS 2025-04 is Debian's from suite 13 (trixie) on. On such a machine its
// own packages are used; on an older one a small tree of that suite. The C library is musl (addon/bindings/glibc-names.cc).
import { existsSync, readdirSync } from 'node:fs';
import { debianTree, words } from './debian-tree.mjs';

const suite = 'trixie';
const musl = '/usr/lib/*-linux-musl*';
const packages = [
  'base-files',
  'dash',
  'coreutils',
  'g++',
  'libc6-dev',
  'libseccomp-dev',
  'libquickjs',
  'quickjs',
  'musl-dev',
];

/** What of addon/bindings goes into the standalone executable, beside all of addon/core. */
export const standaloneSources = ['quickjs.cc', 'snapshot.cc', 'heap-layout.cc', 'glibc-names.cc', 'allocation.cc'];

/**
 * The shell line that links a static executable: g++, but with musl where glibc would be.
 * @param name of the executable
 * @param inputs what it is made of, archives included
 */
export function linkLine(name, inputs) {
  // crtbegin.o, not the crtbeginT.o of static programs: that one goes through the unwinder's tables at each start.
  const own = '$(dirname $(g++ -print-file-name=crtbegin.o))';
  const runtime = ['libstdc++.a', 'libgcc.a', 'libgcc_eh.a'].map((file) => `${own}/${file}`);
  return [
    ...['g++ -static -no-pie -nostdlib -Wl,--gc-sections -o', name],
    ...[`${musl}/crt1.o`, `${musl}/crti.o`, `${own}/crtbegin.o`],
    ...[inputs, '/usr/lib/*-linux-*/quickjs/libquickjs.a -lseccomp'],
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

/**
 * The root of the tree to build in ('' : this machine itself), made when it isn't there.
 * @throws Error saying why the standalone can't be built here.
 */
export function toolchain(say) {
  if (hasOwn()) return '';
  return debianTree(suite, packages, {
    complete: 'usr/bin/qjsc',
    say: () => say(`making a ${suite} tree for QuickJS (once; under a minute)`),
  });
}
