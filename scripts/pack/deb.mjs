// The Debian package, made by dpkg-deb as any user.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { architectures } from './binaries.mjs';
import { changelog, control, copyright, debianVersion, overrides } from './debian-texts.mjs';
import { copy, emptied, filesOf, put, settle } from './files.mjs';
import { addShared, compressed } from './installed.mjs';

/** In Debian's control file of hashes, by which `dpkg --verify` tells changed files. */
function md5sums(tree, names) {
  const md5 = (name) =>
    createHash('md5')
      .update(readFileSync(join(tree, name)))
      .digest('hex');
  return names.map((name) => `${md5(name)}  ${name}\n`).join('');
}

/** What the files take, in kibibytes, each rounded up, as dpkg-gencontrol counts. */
const installedSize = (tree, names) =>
  names.reduce((sum, name) => sum + Math.ceil(statSync(join(tree, name)).size / 1024), 0);

/** @returns the name of the file in `out` */
export function debianPackage(release, arch, { executable }, work, out) {
  const { debian } = architectures[arch];
  const tree = emptied(join(work, `deb-${debian}`));
  copy(executable, tree, 'usr/bin/tsrunc');
  addShared(join(tree, 'usr'), 'vendor-completions');
  put(tree, 'usr/share/doc/tsrunc/changelog.gz', compressed(changelog(release)));
  put(tree, 'usr/share/doc/tsrunc/copyright', copyright(release));
  put(tree, 'usr/share/lintian/overrides/tsrunc', overrides);
  const names = filesOf(tree);
  put(tree, 'DEBIAN/md5sums', md5sums(tree, names));
  put(tree, 'DEBIAN/control', control(release, debian, installedSize(tree, names)));
  settle(tree, release.epoch, ['usr/bin/tsrunc']);
  const file = `tsrunc_${debianVersion(release.version)}_${debian}.deb`;
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, join(out, file)], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return file;
}
