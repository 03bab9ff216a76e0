// QuickJS as the standalone executable has it: Debian's sources, compiled with a profile of what commands do with it, so that what they
// call often lies side by side and is inlined, and what they never call is out of the way. docs/standalone.md has the figures.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hardened } from './compiler-flags.mjs';
import { inScratch, shell } from './scratch.mjs';

/** How often commands come by which part of QuickJS, as gcc counts it; `npm run train` renews it. */
const keptProfile = 'scripts/quickjs-profile.gz';

/** The source package, and what is compiled of it: qjs's own library for files and processes is left out. */
export const sourcePackage = 'quickjs';
const files = ['quickjs', 'dtoa', 'libregexp', 'libunicode', 'cutils'];

/** The shell lines that take the source package apart into the directory `source`, patched as Debian patches it. */
export const unpack = `mkdir source; tar -C source --strip-components=1 -xf /usr/src/${sourcePackage}/*.orig.tar.*
    tar -C source -xf /usr/src/${sourcePackage}/*.debian.tar.*
    while read -r name; do patch -d source -p1 -s <source/debian/patches/$name; done <source/debian/patches/series`;

/** What these lines need. */
export const unpackers = ['patch', 'tar', 'xz-utils'];

// -O2, not -O3: that is faster in long plans by a few per cent, but larger, and most commands only start and end.
// -fwrapv is QuickJS's own: it counts on integers that wrap around.
const common = ['-O2', '-fno-pie', '-fwrapv', '-ffunction-sections', '-fdata-sections', '-D_GNU_SOURCE', '-w'];

// A function that another compiler or version of the sources has otherwise is compiled without its counts; one that training never
// came to is compiled for speed all the same.
const profiled = ['-fprofile-use', '-Wno-coverage-mismatch'];
const counting = ['-fprofile-generate', '-fprofile-update=single'];

/** gcc's files of counts, as an object of Buffers by name. */
function readCounts() {
  const kept = JSON.parse(gunzipSync(readFileSync(keptProfile)).toString());
  return Object.fromEntries(Object.entries(kept).map(([name, text]) => [name, Buffer.from(text, 'base64')]));
}

/** Keeps the counts that executables with a counting QuickJS left in a directory. */
export function keepCounts(directory) {
  const names = files.map((name) => `${name}.gcda`);
  const counts = names.map((name) => [name, readFileSync(join(directory, name)).toString('base64')]);
  writeFileSync(keptProfile, gzipSync(JSON.stringify(Object.fromEntries(counts)), { level: 9 }));
}

// The executable ends by _exit, past what gcc's library would do then.
const writesCounts = `void __gcov_dump(void);
void __real__exit(int) __attribute__((noreturn));
void __wrap__exit(int status) { __gcov_dump(); __real__exit(status); }
`;

/**
 * Compiles QuickJS in the tree of the toolchain, unless that was done before in the same way.
 * @param tools what builds it, with a tree (standalone-toolchain.mjs)
 * @param counts of its use (readCounts); undefined for an archive that counts
 * @returns the archive, as the tree names it
 */
function archive(tools, counts) {
  const flags = [...common, ...(counts ? profiled : counting), ...hardened(tools.arch)].join(' ');
  const compile = files.map(
    (name) => `${tools.prefix}gcc ${flags} -DCONFIG_VERSION="\\"$version\\"" -c source/${name}.c -o ${name}.o`,
  );
  if (!counts) compile.push(`${tools.prefix}gcc -O2 -fno-pie -c writes-counts.c`);
  const build = `${unpack}
    version=$(cat source/VERSION)
    ${compile.join('\n')}
    ${tools.prefix}ar rcD quickjs.a *.o`;
  const given = counts ?? { 'writes-counts.c': writesCounts };
  const hash = createHash('sha256').update(build);
  for (const [name, data] of Object.entries(given)) hash.update(`\0${name}\0`).update(data);
  const path = `/var/cache/tsrunc/quickjs-${hash.digest('hex').slice(0, 16)}.a`;
  const kept = join(tools.tree, path);
  if (existsSync(kept)) return path;
  inScratch(tools, (scratch) => {
    for (const [name, data] of Object.entries(given)) writeFileSync(join(scratch, name), data);
    shell(tools, scratch, build);
    mkdirSync(join(tools.tree, 'var/cache/tsrunc'), { recursive: true });
    renameSync(join(scratch, 'quickjs.a'), kept);
  });
  return path;
}

/**
 * What of QuickJS the executable is linked with, as words of the linker's line: compiled for it in a tree; without one Debian's own library.
 * @param tools what builds it (standalone-toolchain.mjs)
 */
export function linkedQuickjs(tools) {
  if (tools.tree !== '') return archive(tools, readCounts());
  return `/usr/lib/${tools.machine}-linux-gnu/quickjs/libquickjs.a`;
}

/** As linkedQuickjs, for executables that write down what they use when they end: NAME.gcda in $GCOV_PREFIX. In a tree alone. */
export function countingQuickjs(tools) {
  return `${archive(tools)} $(${tools.prefix}gcc -print-file-name=libgcov.a) -Wl,--wrap=_exit`;
}
