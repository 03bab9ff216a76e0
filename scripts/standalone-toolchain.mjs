// Where the standalone executable is built: QuickJS 2025-04 is Debian's from suite 13 (trixie) on. On such a machine its
// own packages are used; on an older one a small tree of that suite.
import { existsSync } from 'node:fs';
import { debianTree, words } from './debian-tree.mjs';

const suite = 'trixie';
const packages = ['base-files', 'dash', 'coreutils', 'g++', 'libc6-dev', 'libseccomp-dev', 'libquickjs', 'quickjs'];
export const libraries = '/usr/lib/*-linux-*/quickjs/libquickjs.a';

/** True where this machine's own qjsc is new enough. */
function hasOwn() {
  const version = /QuickJS Compiler version (\d{4}-\d{2})/.exec(words('qjsc', '-h'))?.[1] ?? '';
  return version >= '2025-04' && existsSync('/usr/include/quickjs/quickjs.h') && existsSync('/usr/include/seccomp.h');
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
