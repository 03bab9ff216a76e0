/** The packages that `npm test` has made in build/packages, and what is in them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from './runtime.js';

export const packages = join(project, 'build/packages');

/** Why tests of packages can't run here; false where they can. */
export const noPackages = !existsSync(join(packages, 'SHA256SUMS')) && 'no packages: build/log/packages.log says why';

export const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
  version: string;
  dependencies: Record<string, string>;
};
export const { version } = manifest;

/** Debian's names of architectures, by Node.js's. */
export const debianNames: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The architectures that packages were made for. */
export const architectures = Object.keys(debianNames).filter((arch) =>
  existsSync(join(packages, `tsrunc-linux-${arch}-${version}.tgz`)),
);

/** The path of an npm package's tarball. */
export const npmTarball = (name: string): string => join(packages, `${name}-${version}.tgz`);

/** Names of the files of an archive, sorted, without directories; `package/` of npm is left out. */
export function listArchive(path: string): string[] {
  const names = execFileSync('tar', ['-tf', path], { encoding: 'utf8' }).split('\n');
  return names
    .filter((name) => name !== '' && !name.endsWith('/'))
    .map((name) => name.replace(/^package\//, ''))
    .sort();
}

/** A file of an archive. */
export const readArchive = (path: string, name: string): Buffer =>
  execFileSync('tar', ['-xOf', path, name], { maxBuffer: 64 << 20 });

/** The package.json of an npm package. */
export const npmManifest = (path: string): Record<string, unknown> =>
  JSON.parse(readArchive(path, 'package/package.json').toString()) as Record<string, unknown>;

/** Names of the files in `directory` of this form. */
export const made = (form: RegExp): string[] => readdirSync(packages).filter((name) => form.test(name));

/** Whether there is a command of this name. */
export const has = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
