/**
 * Where what is compiled lies: `bin/tsrunc`, the static executable, and `tsrunc.node`, the addon. In a clone that is where the
 * build puts them; as installed from npm it is the package of this machine's architecture, tsrunc-linux-x64 or tsrunc-linux-arm64,
 * an optional dependency of tsrunc, of which npm installs the one that fits.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TsruncError } from '../../base/error.js';
import { version } from '../../base/generated/build-info.js';

/** Architectures, by their names in Node.js, that there are packages for. */
const ARCHITECTURES = ['x64', 'arm64'];

/** The clone as seen from dist/hosts/node and from build/test/src/hosts/node. */
const CLONES = ['../../..', '../../../../..'];

const packageName = (architecture: string): string => `tsrunc-linux-${architecture}`;

const here = (): string => import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url));

/**
 * The absolute path of the static executable for this machine: what an engine is to be given, and what the command `tsrunc` of the
 * npm package becomes. In a clone without a static executable it is the launcher of the Node host, which does the same.
 * @throws TsruncError `unsupported`, whose message says which package is missing and how to get it.
 */
export function executablePath(): string {
  return placeOf('bin/tsrunc', 'bin/tsrunc');
}

/**
 * The absolute path of the addon for this machine.
 * @throws TsruncError as executablePath.
 */
export function addonPath(): string {
  return placeOf('build/Release/tsrunc.node', 'tsrunc.node');
}

/** A file by its path in a clone, and in a platform package. */
function placeOf(inClone: string, inPackage: string): string {
  const clone = CLONES.map((path) => join(here(), path)).find((path) => existsSync(join(path, 'binding.gyp')));
  if (clone === undefined) return join(platformPackage(), inPackage);
  const path = join(clone, inClone);
  if (!existsSync(path)) throw unsupported(`${path} is missing: npm run build makes it`);
  return path;
}

/** The directory of the package for this machine. */
function platformPackage(): string {
  if (process.platform !== 'linux') throw unsupported(`tsrunc runs on Linux, not on ${process.platform}`);
  if (!ARCHITECTURES.includes(process.arch)) {
    const known = ARCHITECTURES.map(packageName).join(' and ');
    throw unsupported(
      `there is no package of tsrunc for the architecture ${process.arch}, only ${known}; it can be built from its source`,
    );
  }
  const name = packageName(process.arch);
  const directory = findPackage(name);
  const command = `npm install ${name}@${version}`;
  if (directory === undefined) {
    const other = ARCHITECTURES.map(packageName).find((one) => one !== name && findPackage(one) !== undefined);
    const why = other
      ? `There is ${other} instead: these node_modules were made on another machine or for one`
      : 'It is an optional dependency of tsrunc, which --omit=optional or a copied node_modules leaves out';
    throw unsupported(
      `the package ${name} is missing, which has tsrunc's executable for this machine: \`${command}\` gets it. ${why}`,
    );
  }
  const { version: found } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { version?: unknown };
  if (found !== version) {
    throw unsupported(`the package ${name} is version ${found}, and tsrunc ${version}: \`${command}\` gets what fits`);
  }
  return directory;
}

function findPackage(name: string): string | undefined {
  try {
    return dirname(createRequire(join(here(), 'platform-package.js')).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

const unsupported = (message: string): TsruncError => new TsruncError('unsupported', message);
