// The package.json of each npm package, made from the project's own.
import { dirname, join } from 'node:path';
import { filesOf } from './files.mjs';

/** Fields that the published package has from the project as they are. */
const kept = [
  ...['name', 'version', 'description', 'keywords', 'license', 'author', 'repository', 'homepage', 'bugs'],
  ...['type', 'sideEffects', 'engines', 'man', 'main', 'types', 'exports'],
];

export const platformPackage = (arch) => `tsrunc-linux-${arch}`;

/** Every path that `exports` and its like name. */
function targets(value) {
  if (typeof value === 'string') return [value];
  return Object.values(value ?? {}).flatMap(targets);
}

/**
 * The files of the project that whoever uses the package reaches by what package.json names: modules, declarations, schemas.
 * @param directory the project's
 */
export function entryFiles(directory, { exports = {}, main = [], types = [] }) {
  const names = new Set(
    [...targets(exports), ...targets(main), ...targets(types)].map((path) => path.replace(/^\.\//, '')),
  );
  names.delete('package.json');
  return [...names].flatMap((name) => (name.includes('*') ? expand(directory, name) : [name])).sort();
}

/** The files that a pattern of `exports` stands for: its star is any text, with slashes too. */
function expand(directory, pattern) {
  const [start, end] = pattern.split('*');
  const parent = start.endsWith('/') ? start.slice(0, -1) : dirname(start);
  const found = filesOf(join(directory, parent))
    .map((name) => join(parent, name))
    .filter((name) => name.startsWith(start) && name.endsWith(end));
  if (found.length === 0) throw new Error(`package.json: exports name ${pattern}, and there is no such file`);
  return found;
}

/**
 * The package.json of the package `tsrunc`. It is for every machine: only what it runs isn't, and that says so itself.
 * @param packages names of the packages that its modules import
 */
export function mainManifest(manifest, packages, architectures) {
  const unknown = packages.filter((name) => !manifest.dependencies?.[name]);
  if (unknown.length > 0) {
    throw new Error(`package.json: the library imports ${unknown.join(', ')}, which is not among the dependencies`);
  }
  const { version } = manifest;
  return {
    ...Object.fromEntries(kept.filter((name) => name in manifest).map((name) => [name, manifest[name]])),
    ...(manifest.exports ? {} : { exports: { '.': { types: `./${manifest.types}`, default: `./${manifest.main}` } } }),
    bin: { tsrunc: 'bin/tsrunc.mjs' },
    ...(packages.length > 0
      ? { dependencies: Object.fromEntries(packages.map((name) => [name, manifest.dependencies[name]])) }
      : {}),
    optionalDependencies: Object.fromEntries(architectures.map((arch) => [platformPackage(arch), version])),
  };
}

/**
 * The package.json of a platform package. It has no `libc`: the executable runs with any, and only the addon needs glibc, as its README
 * says. Package managers that keep packages as archives unpack it (`preferUnplugged`), as an archive can't be executed.
 */
export function platformManifest({ version, license, author, repository, homepage, engines }, arch) {
  return {
    name: platformPackage(arch),
    version,
    description: `The executable of tsrunc, an OCI container runtime, for Linux on ${arch}`,
    license,
    author,
    repository,
    ...(homepage ? { homepage } : {}),
    engines,
    os: ['linux'],
    cpu: [arch],
    preferUnplugged: true,
  };
}
