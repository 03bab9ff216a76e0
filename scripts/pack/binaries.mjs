// The compiled files that go into packages, and what is checked of them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from '../steps.mjs';

/** By the names of Node.js: Debian's name, the compiler's, and the number that ELF has for it. */
export const architectures = {
  x64: { debian: 'amd64', machine: 'x86_64', elf: 62 },
  arm64: { debian: 'arm64', machine: 'aarch64', elf: 183 },
};

const isOurs = (arch) => arch === process.arch;
const PT_INTERP = 3;

/** A 64-bit little-endian ELF file's architecture, and whether it asks for a dynamic loader. */
function readElf(path) {
  const bytes = readFileSync(path);
  if (bytes.readUInt32BE(0) !== 0x7f454c46) throw new Error(`${path} is no ELF file`);
  const [start, size, count] = [Number(bytes.readBigUInt64LE(32)), bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  const types = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(start + i * size));
  return { machine: bytes.readUInt16LE(18), isStatic: !types.includes(PT_INTERP) };
}

/** The newest version of glibc whose symbols a shared object asks for, as `2.33`. */
export function neededGlibc(path) {
  const text = execFileSync('readelf', ['--version-info', '--wide', path], { encoding: 'utf8' });
  const [, needs = ''] = text.split(/^Version needs section/m);
  const versions = [...needs.matchAll(/Name: GLIBC_(2\.\d+)/g)].map(([, version]) => version);
  return versions.sort((a, b) => Number(a.slice(2)) - Number(b.slice(2))).at(-1);
}

/** What the executable of this machine says of itself. */
const said = () => execFileSync(join(top, 'bin/tsrunc'), ['--version'], { encoding: 'utf8' });

/** The command of this machine must be the static executable of this version. */
function checkCommand(path, version) {
  const text = said();
  if (/^host: Node/m.test(text))
    throw new Error(`${path} is not the static executable; build it without TSRUNC_NO_STANDALONE`);
  const first = text.split('\n')[0];
  if (first !== `tsrunc version ${version}`) throw new Error(`${path} says "${first}", package.json ${version}`);
}

/** True when an executable was built of the commit that this machine's was built of: it has that in its text of --version. */
function isOfTheSameCommit(path) {
  const commit = /^commit: (\S+)$/m.exec(said())?.[1] ?? '';
  return readFileSync(path).includes(commit);
}

function places(arch) {
  const directory = join(top, `build/${architectures[arch].machine}`);
  return isOurs(arch)
    ? { executable: join(top, 'bin/tsrunc'), addon: join(top, 'build/Release/tsrunc.node') }
    : { executable: join(directory, 'tsrunc'), addon: join(directory, 'tsrunc.node') };
}

/** The architectures whose files were built, all of the same commit. */
export function built() {
  return Object.keys(architectures).filter((arch) => {
    const { executable, addon } = places(arch);
    return existsSync(executable) && existsSync(addon) && (isOurs(arch) || isOfTheSameCommit(executable));
  });
}

/**
 * The executable and the addon of an architecture.
 * @throws Error when one is missing, or isn't what a package must have
 */
export function binaries(arch, version) {
  const { executable, addon } = places(arch);
  for (const path of [executable, addon]) {
    if (!existsSync(path)) throw new Error(`${arch}: ${path} is missing; --arch ${process.arch} packs without it`);
    if (readElf(path).machine !== architectures[arch].elf) throw new Error(`${path} is not for ${arch}`);
  }
  if (!readElf(executable).isStatic) throw new Error(`${executable} is not static`);
  if (isOurs(arch)) checkCommand(executable, version);
  else if (!isOfTheSameCommit(executable))
    throw new Error(`${executable} was built of another commit than bin/tsrunc: build both`);
  return { executable, addon, glibc: neededGlibc(addon) };
}
