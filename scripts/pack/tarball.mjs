// The plain archive: what `tar -C /usr/local --strip-components=1 -xf` installs.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from '../steps.mjs';
import { copy, emptied, settle } from './files.mjs';
import { addShared, compressed } from './installed.mjs';
import { addLicences } from './npm-packages.mjs';

/** A tar archive that depends on names, modes and contents alone. */
function archive(parent, name, epoch) {
  const same = ['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner', '--format=ustar'];
  return execFileSync('tar', [...same, '-C', parent, '-cf', '-', name], { maxBuffer: 64 << 20 });
}

/** @returns the name of the file in `out` */
export function tarball({ version, epoch }, arch, { executable }, work, out) {
  const name = `tsrunc-${version}-linux-${arch}`;
  const tree = emptied(join(work, name));
  copy(executable, tree, 'bin/tsrunc');
  addShared(tree, 'site-functions');
  addLicences(tree, 'share/doc/tsrunc');
  for (const file of ['LICENSE', 'CHANGELOG.md']) copy(join(top, file), tree, `share/doc/tsrunc/${file}`);
  settle(tree, epoch, ['bin/tsrunc']);
  writeFileSync(join(out, `${name}.tar.gz`), compressed(archive(work, name, epoch)));
  return `${name}.tar.gz`;
}
