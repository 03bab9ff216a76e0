// The disk image of the test machine: made once for each recipe, kept in the user's cache.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cache, debianTree } from '../../../scripts/debian-tree.mjs';
import { kernelRelease, unpackKernel, writeInitramfs } from './kernel.mjs';
import { startMachine } from './machine.mjs';
import * as recipe from './recipe.mjs';
import { makeTree } from './tree.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** One boot whose changes stay: the stores of the engines, and what each made at its first start. */
async function prepare(directory) {
  const machine = await startMachine(directory, { cpus: 2, memory: 2048, accel: 'tcg', keep: true });
  try {
    const lines = [];
    await machine.put([join(here, 'prepare.sh')], '/root');
    const status = await machine.run('sh /root/prepare.sh 2>&1', { onLine: (line) => lines.push(line) });
    if (status !== 0) throw new Error(`prepare.sh failed (${status}):\n${lines.slice(-20).join('\n')}`);
    await machine.run('systemctl poweroff');
    await machine.ended;
  } finally {
    await machine.stop();
  }
}

/** A hash of everything in this directory that an image depends on. */
function recipeHash() {
  const hash = createHash('sha256').update(process.arch);
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' }).sort();
  for (const file of files)
    if (file !== 'machine.mjs' && file !== 'image.mjs' && statSync(join(here, file)).isFile())
      hash.update(`\0${file}\0`).update(readFileSync(join(here, file)));
  return hash.digest('hex').slice(0, 12);
}

/** Modules are packed one by one: unpacked they load several times as fast. */
function unpackModules(tree, release) {
  const directory = join(tree, 'usr/lib/modules', release);
  execFileSync('sh', ['-c', 'find "$0" -name "*.ko.xz" -print0 | xargs -0r -n 64 -P 2 xz -d', directory]);
  execFileSync('sh', ['-c', 'find "$0" -name "*.ko.zst" -print0 | xargs -0r -n 64 -P 2 zstd -q -d --rm', directory]);
  execFileSync('chroot', [tree, 'depmod', release]);
}

async function makeImage(directory) {
  const { debianRoot } = recipe;
  const debian = debianTree(debianRoot.suite, debianRoot.packages, { complete: debianRoot.complete, say: () => {} });
  const tree = join(directory, 'tree');
  writeFileSync(join(directory, 'known_hosts'), makeTree(tree, debian, join(directory, 'key')));
  const release = kernelRelease(tree);
  unpackModules(tree, release);
  writeFileSync(join(directory, 'kernel'), unpackKernel(join(tree, 'boot', `vmlinuz-${release}`)));
  writeInitramfs(tree, release, recipe.bootModules, join(directory, 'initramfs'));
  rmSync(join(tree, 'boot'), { recursive: true });
  const disk = join(directory, 'disk');
  execFileSync('truncate', ['-s', recipe.diskSize, disk]);
  // No journal: the disk is thrown away.
  const format = ['-q', '-F', '-m', '0', '-O', '^has_journal,^metadata_csum', '-E', 'lazy_itable_init=1,nodiscard'];
  execFileSync('mkfs.ext4', [...format, '-N', '400000', '-d', tree, disk]);
  rmSync(tree, { recursive: true });
  await prepare(directory);
}

/**
 * The directory with the image: `kernel`, `initramfs`, `disk`, and for ssh `key` and `known_hosts`.
 * @param say called with a line when an image has to be made, which takes some minutes
 * @throws Error saying why there can be none here
 */
export async function image(say) {
  const directory = join(cache(), `engines-${recipeHash()}`);
  if (existsSync(directory)) return directory;
  say('making the image of the test machine (once; some minutes)');
  const making = `${directory}.new.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    await makeImage(making);
    // Another run may have been faster.
    if (!existsSync(directory)) renameSync(making, directory);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return directory;
}
