// The root file system of the test machine: Debian packages, configured, less what would only slow its boot.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mirror, unread } from '../../../scripts/debian-tree.mjs';
import { kernelPackage, packages, suite, wantedProfiles, wantedUnits } from './recipe.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const quiet = { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 };

/**
 * Unpacks and configures the packages into `tree`. A mirror that is a snapshot has an index that is past its date; its
 * signature is checked all the same.
 * @throws Error with the first complaint of mmdebstrap
 */
function installPackages(tree) {
  const included = [...packages, kernelPackage].join(',');
  const options = [
    ...['--mode=root', '--variant=essential', '--components=main', `--include=${included}`],
    ...['--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'],
    ...['--aptopt=Acquire::Check-Valid-Until "false"', '--dpkgopt=force-unsafe-io'],
    ...unread.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  ];
  // INITRD: the kernel's package would else make a full initramfs, which nobody boots.
  const env = { ...process.env, INITRD: 'No', TMPDIR: process.env.TMPDIR ?? '/var/tmp' };
  try {
    execFileSync('mmdebstrap', [...options, suite, tree, mirror()], { ...quiet, env });
  } catch (error) {
    const lines = String(error.stderr ?? error.message).split('\n');
    throw new Error(`mmdebstrap failed: ${lines.find((line) => line.startsWith('E: ')) ?? lines.at(-1)}`);
  }
}

const names = (directory) => (existsSync(directory) ? readdirSync(directory) : []);

/** Leaves out of systemd's targets every unit that the recipe doesn't want, and all generators. */
function trimUnits(tree) {
  for (const units of ['usr/lib/systemd/system', 'etc/systemd/system']) {
    const wants = names(join(tree, units)).filter((name) => name.endsWith('.target.wants'));
    for (const directory of wants)
      for (const unit of names(join(tree, units, directory)))
        if (!wantedUnits.some((pattern) => pattern.test(unit))) rmSync(join(tree, units, directory, unit));
  }
  const own = join(tree, 'etc/systemd/system-generators');
  mkdirSync(own, { recursive: true });
  for (const generator of names(join(tree, 'usr/lib/systemd/system-generators')))
    symlinkSync('/dev/null', join(own, generator));
}

function trimProfiles(tree) {
  const directory = join(tree, 'etc/apparmor.d');
  for (const name of names(directory))
    if (!wantedProfiles.test(name)) rmSync(join(directory, name), { recursive: true, force: true });
}

/** A unit that `target` starts. */
function enable(tree, target, unit) {
  const directory = join(tree, `etc/systemd/system/${target}.wants`);
  mkdirSync(directory, { recursive: true });
  symlinkSync(`../${unit}`, join(directory, unit));
}

/** The keys of both ends; the machine's public one is returned in the form of a known_hosts file. */
function makeKeys(tree, clientKey) {
  const hostKey = join(tree, 'etc/ssh/ssh_host_ed25519_key');
  for (const name of names(join(tree, 'etc/ssh')).filter((name) => name.startsWith('ssh_host_')))
    rmSync(join(tree, 'etc/ssh', name));
  for (const key of [hostKey, clientKey])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'engines', '-f', key], quiet);
  mkdirSync(join(tree, 'root/.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(join(tree, 'root/.ssh/authorized_keys'), readFileSync(`${clientKey}.pub`));
  return `engines ${readFileSync(`${hostKey}.pub`, 'utf8')}`;
}

/** A root file system of nothing but busybox, for bundles and images. */
function makeBusyboxRoot(tree) {
  const root = join(tree, 'opt/busybox');
  for (const directory of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'root', 'var', 'run', 'usr'])
    mkdirSync(join(root, directory), { recursive: true });
  cpSync(join(tree, 'usr/bin/busybox'), join(root, 'bin/busybox'));
  const applets = execFileSync('chroot', [tree, 'busybox', '--list'], { encoding: 'utf8' }).split('\n');
  for (const applet of applets.filter((name) => name && name !== 'busybox'))
    symlinkSync('busybox', join(root, 'bin', basename(applet)));
  symlinkSync('bin', join(root, 'sbin'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
  execFileSync('chmod', ['1777', join(root, 'tmp')]);
  execFileSync('tar', ['-C', root, '-cf', join(tree, 'opt/busybox.tar'), '.']);
}

/**
 * Makes the tree.
 * @param debian root of the tree that becomes the Debian image
 * @param clientKey where to put the key that the machine lets in
 * @returns a line for known_hosts, the machine being called `engines`
 */
export function makeTree(tree, debian, clientKey) {
  installPackages(tree);
  trimUnits(tree);
  trimProfiles(tree);
  cpSync(join(here, 'files'), tree, { recursive: true });
  enable(tree, 'multi-user.target', 'machine-ready.service');
  const target = join(tree, 'etc/systemd/system/default.target');
  if (lstatSync(target, { throwIfNoEntry: false })) rmSync(target);
  symlinkSync('/usr/lib/systemd/system/multi-user.target', target);
  writeFileSync(join(tree, 'etc/hostname'), 'engines\n');
  writeFileSync(join(tree, 'etc/hosts'), '127.0.0.1 localhost engines\n::1 localhost\n');
  for (const empty of ['etc/resolv.conf', 'etc/fstab']) {
    rmSync(join(tree, empty), { force: true });
    writeFileSync(join(tree, empty), '');
  }
  writeFileSync(join(tree, 'etc/machine-id'), `${'5'.repeat(32)}\n`);
  // An ordinary user with ranges of ids, for engines without root.
  execFileSync('chroot', [tree, 'useradd', '--create-home', '--shell', '/bin/bash', 'tester'], quiet);
  const hostKeyLine = makeKeys(tree, clientKey);
  makeBusyboxRoot(tree);
  execFileSync('tar', ['-C', debian, '-cf', join(tree, 'opt/debian.tar'), '.']);
  for (const directory of ['var/lib/apt/lists', 'var/cache/apt', 'var/log/apt'])
    rmSync(join(tree, directory), { recursive: true, force: true });
  return hostKeyLine;
}
