// The kernel of the test machine, and the small file system in memory that it starts with.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The ways a kernel of x86 is packed: the first bytes, and what unpacks it. */
const packings = [
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), ['zstd', '-dc']],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]), ['xz', '-dc', '--single-stream']],
  [Buffer.from([0x1f, 0x8b, 0x08]), ['gzip', '-dc']],
];

/** The release of the only kernel in a tree. */
export function kernelRelease(tree) {
  const releases = readdirSync(join(tree, 'usr/lib/modules'));
  if (releases.length !== 1)
    throw new Error(`one kernel expected in the image, found ${releases.join(', ') || 'none'}`);
  return releases[0];
}

/**
 * The kernel as a plain ELF file, out of the packed one: unpacking it under emulation takes longer than its whole start.
 * The unpackers complain about what follows the packed part; whether the result is an ELF file is what counts.
 */
export function unpackKernel(packed) {
  const bytes = readFileSync(packed);
  for (const [magic, [command, ...args]] of packings) {
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      const { stdout } = spawnSync(command, args, { input: bytes.subarray(at), maxBuffer: 1 << 28 });
      if (stdout?.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return stdout;
    }
  }
  throw new Error(`${packed} holds no kernel that can be unpacked here (zstd, xz, gzip)`);
}

/** The modules that `names` need, in the order to load them, as paths in the tree. */
function modulesFor(tree, release, names) {
  const lines = names.flatMap((name) =>
    execFileSync('chroot', [tree, 'modprobe', '-S', release, '--show-depends', name], { encoding: 'utf8' }).split('\n'),
  );
  const paths = lines.filter((line) => line.startsWith('insmod ')).map((line) => line.split(' ')[1]);
  return [...new Set(paths)];
}

/** Writes the first file system of the machine, a cpio archive: busybox, the modules, and first-init.sh. */
export function writeInitramfs(tree, release, modules, target) {
  const root = mkdtempSync(join(tmpdir(), 'tsrunc-initramfs-'));
  try {
    for (const directory of ['bin', 'dev', 'proc', 'sys', 'disk', 'modules']) mkdirSync(join(root, directory));
    copyFileSync(join(tree, 'usr/bin/busybox'), join(root, 'bin/busybox'));
    for (const name of ['sh', 'mount', 'insmod', 'seq', 'sleep', 'ifconfig', 'poweroff', 'switch_root', 'echo'])
      symlinkSync('busybox', join(root, 'bin', name));
    const paths = modulesFor(tree, release, modules);
    for (const path of paths) copyFileSync(join(tree, path), join(root, 'modules', basename(path)));
    writeFileSync(join(root, 'modules/order'), paths.map((path) => `${basename(path)}\n`).join(''));
    copyFileSync(join(here, 'first-init.sh'), join(root, 'init'));
    chmodSync(join(root, 'init'), 0o755);
    execFileSync('mknod', [join(root, 'dev/console'), 'c', '5', '1']);
    execFileSync('sh', ['-c', 'find . | cpio --quiet -o -H newc -R 0:0 > "$0"', target], { cwd: root });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  if (!existsSync(target)) throw new Error(`${target} was not written`);
}
