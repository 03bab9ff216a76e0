// The npm packages: tsrunc, which has the library and the command's launcher, and one for each architecture with what is compiled.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { top } from '../steps.mjs';
import { architectures } from './binaries.mjs';
import { copy, emptied, put, settle } from './files.mjs';
import { entryFiles, mainManifest, platformManifest, platformPackage } from './manifests.mjs';
import { reachable } from './reachable.mjs';

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** What every package has: the licence's and NOTICE's terms ask for it. */
const legal = ['LICENSE', 'NOTICE'];

/** Where Debian has the text of libseccomp's licence, which goes with every copy of it. */
const lesserLicence = '/usr/share/common-licenses/LGPL-2.1';

/** Adds the texts of the licences of what is linked into the executables. */
export function addLicences(tree, directory = '.') {
  for (const name of legal) copy(join(top, name), tree, join(directory, name));
  copy(lesserLicence, tree, join(directory, 'licenses/LGPL-2.1.txt'));
}

/** What the package's own code is. */
const library = (manifest) => reachable(top, [...entryFiles(top, manifest), 'dist/hosts/node/platform-package.js']);

/** The names of the packages that the library asks for. */
export const libraryDependencies = ({ manifest }) => library(manifest).packages;

function mainTree(directory, { manifest, epoch }) {
  const { files, packages } = library(manifest);
  const more = [...legal, 'README.md', 'CHANGELOG.md', ...[manifest.man].flat(), ...(manifest.files ?? [])];
  for (const name of new Set([...files, ...more])) copy(join(top, name), directory, name);
  copy(join(top, 'scripts/pack/launcher.mjs'), directory, 'bin/tsrunc.mjs');
  put(directory, 'package.json', json(mainManifest(manifest, packages, Object.keys(architectures))));
  settle(directory, epoch, ['bin/tsrunc.mjs']);
}

const platformReadme = (arch, glibc) => `# ${platformPackage(arch)}

What is compiled of [tsrunc](https://www.npmjs.com/package/tsrunc), an OCI container runtime, for Linux on ${arch}. It is an optional
dependency of the package \`tsrunc\`, which is the one to install.

- \`bin/tsrunc\`: the runtime, one static executable. It needs no library, and not Node.js either: give its path to an engine.
- \`tsrunc.node\`: the same for use within Node.js (Node-API 8: any version from 20 on). It needs glibc ${glibc} or newer.
`;

function platformTree(directory, { manifest, epoch }, arch, { executable, addon, glibc }) {
  put(directory, 'package.json', json(platformManifest(manifest, arch)));
  put(directory, 'README.md', platformReadme(arch, glibc));
  addLicences(directory);
  copy(executable, directory, 'bin/tsrunc');
  copy(addon, directory, 'tsrunc.node');
  settle(directory, epoch, ['bin/tsrunc']);
}

/** Has npm make the tarball of a tree; returns its name. */
function pack(directory, out) {
  const args = [
    'pack',
    '--json',
    '--ignore-scripts',
    '--offline',
    '--no-update-notifier',
    '--loglevel=error',
    `--pack-destination=${out}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('npm', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    const parts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => (parts[name] += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(parts.stdout)[0].filename);
      else reject(new Error(`npm pack in ${directory} failed:\n${parts.stderr}`));
    });
  });
}

/**
 * Makes the tarballs.
 * @param compiled what `binaries` returns, by architecture
 * @param work a directory for what is packed
 * @returns the names of the files in `out`
 */
export async function npmPackages(release, compiled, work, out) {
  const trees = [emptied(join(work, 'tsrunc'))];
  mainTree(trees[0], release);
  for (const [arch, files] of Object.entries(compiled)) {
    const tree = emptied(join(work, platformPackage(arch)));
    platformTree(tree, release, arch, files);
    trees.push(tree);
  }
  return Promise.all(trees.map((tree) => pack(tree, out)));
}
