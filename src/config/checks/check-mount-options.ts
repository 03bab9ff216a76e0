import { quote } from '../../base/quote.js';
import { isBindMount } from '../bind-mount.js';
import { eachItem, type Findings } from '../findings.js';
import { isInlineIdMap } from '../inline-id-map.js';
import { isFlag, mountOptions, optionWords } from '../mount-options.js';
import type { Mount } from '../spec.js';

/**
 * File systems that pass over an option they don't know, as ramfs does with a size: the ones they do know. All others answer
 * EINVAL. From *_parse_param in fs/ramfs/inode.c, kernel/bpf/inode.c, fs/debugfs/inode.c, fs/tracefs/inode.c, fs/pstore/inode.c.
 */
const careless: Readonly<Record<string, readonly string[]>> = {
  ramfs: ['mode'],
  bpf: ['uid', 'gid', 'mode', 'delegate_cmds', 'delegate_maps', 'delegate_progs', 'delegate_attachs'],
  debugfs: ['uid', 'gid', 'mode'],
  tracefs: ['uid', 'gid', 'mode'],
  pstore: ['kmsg_bytes'],
};

/** What a word for the file system may have been meant to be: an option of the mount, by its letters alone. */
const plain = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, '');
const synonyms: Readonly<Record<string, string>> = { readonly: 'ro', readwrite: 'rw' };
function meant(word: string): string | undefined {
  const letters = plain(word);
  return Object.hasOwn(mountOptions, letters) ? letters : synonyms[letters];
}

/** Whether an option sets the mount itself, and not the file system. */
const isKnown = (option: string): boolean =>
  Object.hasOwn(mountOptions, option) ? mountOptions[option]?.kind !== 'data' : isInlineIdMap(option);

/** Options about symlinks: only a new bind mount can have them, and `copy-symlink` none of the others beside it. */
function checkLinks({ options = [] }: Mount, isBind: boolean, pointer: string, findings: Findings): void {
  options.forEach((option, i) => {
    if (!Object.hasOwn(mountOptions, option) || mountOptions[option]?.kind !== 'link') return;
    const at = `${pointer}/options/${i}`;
    if (!isBind || options.includes('remount')) {
      findings.problem(at, `is ${quote(option)}, which only a new bind mount can have`);
    } else if (option === 'copy-symlink') {
      const other = options.find((one) => one === 'src-nofollow' || one === 'dest-nofollow');
      if (other !== undefined) findings.problem(at, `is "copy-symlink" beside ${quote(other)}; must be one of them`);
    }
  });
}

/** mounts[].options: what would be passed over in silence, by the kernel or by us, is refused, or warned of where it restricts nothing. */
export function checkMountOptions(mount: Mount, pointer: string, findings: Findings): void {
  const isBind = isBindMount(mount);
  const remount = !isBind && (mount.options?.includes('remount') ?? false);
  checkLinks(mount, isBind, pointer, findings);
  const noFileSystem = isBind ? 'a bind mount' : mount.type === 'cgroup' ? 'a cgroup mount' : undefined;
  eachItem(mount.options, `${pointer}/options`, (option, at) => {
    // reconfigure_super in fs/super.c: EINVAL. mount(2) would say nothing.
    if (remount && option === 'dirsync') {
      findings.problem(at, 'is "dirsync", which no remount can set; must be given where it is mounted first');
    } else if (isKnown(option)) {
      if (noFileSystem !== undefined && isOfFileSystem(option))
        findings.warn(at, `is ${quote(option)}, which has no effect on ${noFileSystem}`);
    } else if (isBind) checkBindOption(mount, option, at, findings);
    else checkWords(mount.type, option, at, findings);
  });
}

function isOfFileSystem(option: string): boolean {
  return ['superblock', 'iversion', 'copy-up'].includes(mountOptions[option]?.kind ?? '');
}

/**
 * A bind mount shows a file system that is mounted already: it takes none of its options. The kernel would look at none, and
 * `readonly` or `RO` leave the mount writable. Two words restrict nothing there and come from the OCI's runtime-tools
 * (validation/mounts), which gives them to binds without a type.
 */
function checkBindOption(mount: Mount, option: string, at: string, findings: Findings): void {
  const harmless = !mount.type && /^(mode=[0-7]{1,4}|size=[0-9]+[kmg]?)$/i.test(option);
  if (harmless) {
    findings.warn(at, `is ${quote(option)}, an option of a file system; it has no effect on a bind mount`);
    return;
  }
  const hint = optionWords(option).map((word) => (Object.hasOwn(mountOptions, word) ? word : meant(word)));
  const guess = hint.every((word) => word !== undefined) ? `; did you mean ${hint.map(quote).join(', ')}?` : '';
  findings.problem(at, `is ${quote(option)}, an option of a file system; a bind mount takes none${guess}`);
}

function checkWords(type: string | undefined, option: string, at: string, findings: Findings): void {
  const known = type !== undefined && Object.hasOwn(careless, type) ? careless[type] : undefined;
  for (const word of optionWords(option)) {
    if (isFlag(word)) continue;
    // No option of a mount has a value.
    const guess = word.includes('=') || Object.hasOwn(mountOptions, word) ? undefined : meant(word);
    if (guess !== undefined) {
      findings.problem(at, `is ${quote(word)}; must be ${quote(guess)} if that is what is meant`);
    } else if (known !== undefined && !known.includes(word.split('=', 1)[0] as string)) {
      findings.problem(at, `is ${quote(word)}, which ${type} passes over; must be one of ${known.join(', ')}`);
    }
  }
}
