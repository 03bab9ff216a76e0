// What is linked or bundled into the executable and the addon: libraries of Debian, and packages of npm.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as toolchains from '../standalone-toolchain.mjs';
import { top } from '../steps.mjs';
import { architectures } from './binaries.mjs';

/** The one part of a file that an expression matches; versions stand in the libraries themselves. */
function find(path, expression) {
  const found = expression.exec(readFileSync(path, 'latin1'))?.[1];
  if (!found) throw new Error(`${path} does not say its version`);
  return found;
}

const libseccomp = (root, triple) => {
  const version = find(`${root}/usr/lib/${triple}/pkgconfig/libseccomp.pc`, /^Version: (\S+)$/m);
  return { name: 'libseccomp', version, license: 'LGPL-2.1-only', purl: `pkg:github/seccomp/libseccomp@v${version}` };
};

const quickjsVersion = /QuickJS memory usage -- (\d{4}-\d{2}-\d{2}) version/;

const generic = (name, version, license) => ({
  name,
  version,
  license,
  purl: `pkg:generic/${name.toLowerCase()}@${version}`,
});

const readelf = (path, ...options) => execFileSync('readelf', [...options, '--wide', path], { encoding: 'utf8' });

/** What the compiler adds to a file. */
function compilerLibraries(path) {
  // The section of comments alone: init, compiled by itself, is in the data.
  const [, version] = /GCC: \([^)]*\) (\d+\.\d+\.\d+)/.exec(readelf(path, '--string-dump=.comment')) ?? [];
  if (!version) throw new Error(`${path} does not say what compiled it`);
  return ['libstdc++', 'libgcc'].map((name) => generic(name, version, 'GPL-3.0-or-later WITH GCC-exception-3.1'));
}

/** What of native code is in the executable; `root` has the libraries that it was linked with, and of QuickJS the one of the same sources. */
const linkedIntoExecutable = (root, machine, path) => [
  generic('QuickJS', find(`${root}/usr/lib/${machine}-linux-gnu/quickjs/libquickjs.a`, quickjsVersion), 'MIT'),
  generic('musl', find(`${root}/usr/lib/${machine}-linux-musl/libc.a`, /\0(1\.\d+\.\d+)\0/), 'MIT'),
  libseccomp(root, `${machine}-linux-gnu`),
  ...compilerLibraries(path),
];

/** And in the addon, which may ask for the libraries of the compiler instead. */
const linkedIntoAddon = (root, machine, path) => [
  libseccomp(root, `${machine}-linux-gnu`),
  ...(readelf(path, '--dynamic').includes('[libstdc++.so') ? [] : compilerLibraries(path)),
];

/** A package of npm as it is in node_modules. */
export function npmPackage(name) {
  const { version, license } = JSON.parse(readFileSync(join(top, 'node_modules', name, 'package.json'), 'utf8'));
  return { name, version, license, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` };
}

/** The packages of npm whose code is in the executable: what esbuild bundled, and ajv, which has written the validators. */
const bundledPackages = () => JSON.parse(readFileSync(join(top, 'build/standalone/packages.json'), 'utf8'));

/**
 * @param compiled as `binaries` returns it
 * @returns executable, addon: what each holds, as components with name, version, license (SPDX) and purl
 */
export function contents(arch, { executable, addon }) {
  const { machine } = architectures[arch];
  const isOurs = arch === process.arch;
  const tools = (isOurs ? toolchains.toolchain : toolchains.crossToolchain)((text) => console.log(text));
  const tree = tools.tree ?? tools;
  return {
    executable: [...linkedIntoExecutable(tree, machine, executable), ...[...bundledPackages(), 'ajv'].map(npmPackage)],
    // For this machine it is compiled on the machine itself.
    addon: [...linkedIntoAddon(isOurs ? '' : tree, machine, addon), npmPackage('node-addon-api')],
  };
}
