/** The Debian package: lintian has nothing against it; in a fresh Debian it is installed, runs a container, and leaves nothing when purged. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { architectures, debianNames, has, noPackages, packages, version } from '../helpers/packages.js';
import { project } from '../helpers/runtime.js';

const { debianSystem } = (await import(`${project}/scripts/debian-system.mjs`)) as {
  debianSystem(say: (text: string) => void): string;
};

const fileOf = (arch: string): string => `tsrunc_${version.replace('-', '~')}_${debianNames[arch]}.deb`;

for (const arch of architectures) {
  const skip = noPackages || (!has('lintian') && 'needs lintian');
  t.test(`lintian on the package for ${arch}`, { skip }, async (t) => {
    const args = ['--no-cfg', '--allow-root', '--show-overrides', join(packages, fileOf(arch))];
    const { status, stdout, stderr } = spawnSync('lintian', args, { encoding: 'utf8' });
    t.not(status, 1, `it ran to its end: ${stderr}`);
    // What it is told to pass over, and nothing else.
    t.same(
      stdout.split('\n').filter((line) => /^[EWO]: /.test(line)),
      ['O: tsrunc: statically-linked-binary [usr/bin/tsrunc]'],
    );
  });
}

/** What a user does with the package, in the root of the system; the shell there prints what is compared. */
const use = (file: string): string => `
  set -e
  find / -xdev | LC_ALL=C sort >/tmp/before
  dpkg --install /tmp/${file} >/dev/null
  dpkg --verify tsrunc
  test "$(command -v tsrunc)" = /usr/bin/tsrunc
  tsrunc --version | head -n 1
  zcat /usr/share/man/man8/tsrunc.8.gz | grep -c '^\\.SH NAME'
  bash -c '. /usr/share/bash-completion/completions/tsrunc; complete -p tsrunc'
  cd /tmp/bundle
  tsrunc spec
  sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"echo", "said in a container"/' config.json
  tsrunc --root /tmp/state run ID
  cd /
  dpkg --purge tsrunc >/dev/null
  rm -r /tmp/state
  find / -xdev | LC_ALL=C sort >/tmp/after
  # What dpkg itself keeps: its log, and the former state of its database.
  diff /tmp/before /tmp/after | grep '^[<>]' | grep -v -e '/var/lib/dpkg/' -e '/var/log/dpkg.log' -e '/tmp' || echo nothing is left
`;

/** Mounts of the host's below a root of its own: pivot_root is refused below a root that is no mount. */
const within = `
  set -e
  mount --make-rprivate /
  mount --bind "$0" "$0"
  for directory in proc sys dev; do mount --rbind /$directory "$0/$directory"; done
  exec chroot "$0" /bin/sh -c "$1"
`;

/** The archive of a fresh Debian, or why there is none. */
function freshDebian(): { archive: string; skip: string | false } {
  if (noPackages) return { archive: '', skip: noPackages };
  try {
    return { archive: debianSystem((text) => t.comment(text)), skip: process.getuid?.() !== 0 && 'needs root' };
  } catch (error) {
    return { archive: '', skip: (error as Error).message };
  }
}

const { archive, skip } = freshDebian();

t.test('in a fresh Debian', { skip }, async (t) => {
  const root = mkdtempSync(`/tmp/tsrunc-test-debian-${process.pid}-`);
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  t.equal(spawnSync('tar', ['-xf', archive, '-C', root, '--exclude=./dev/*']).status, 0);
  const bin = join(root, 'tmp/bundle/rootfs/bin');
  mkdirSync(bin, { recursive: true });
  copyFileSync('/bin/busybox', join(bin, 'busybox'));
  symlinkSync('busybox', join(bin, 'echo'));
  const file = fileOf(process.arch);
  copyFileSync(join(packages, file), join(root, 'tmp', file));

  const script = use(file).replaceAll('ID', `tt${process.pid}x-deb`);
  const args = ['--mount', 'sh', '-c', within, root, script];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', env });
  t.equal(status, 0, stdout + stderr);
  t.same(stdout.trim().split('\n'), [
    `tsrunc version ${version}`,
    '1',
    'complete -F _tsrunc tsrunc',
    'said in a container',
    'nothing is left',
  ]);
});
