/** Checks the options of a mount. */
import { quote } from '../../base/quote.js';
import { eachItem, type Findings } from '../findings.js';
import { isFlag, isOneWord, meaningOf, optionWords } from '../mount-options.js';
import { FILE_SYSTEM, LINK, OTHER, optionKind, REMOUNT } from '../option-kinds.js';
import type { Mount } from '../spec.js';

/**
 * File systems that silently ignore an option they don't know, with the options they do know: ramfs ignores a size, for example. All
 * other file systems answer with EINVAL. From the functions *_parse_param in fs/ramfs/inode.c, kernel/bpf/inode.c,
 * fs/debugfs/inode.c, fs/tracefs/inode.c and fs/pstore/inode.c.
 */
const careless: Readonly<Record<string, readonly string[]>> = {
  ramfs: ['mode'],
  bpf: ['uid', 'gid', 'mode', 'delegate_cmds', 'delegate_maps', 'delegate_progs', 'delegate_attachs'],
  debugfs: ['uid', 'gid', 'mode'],
  tracefs: ['uid', 'gid', 'mode'],
  pstore: ['kmsg_bytes'],
};

// A word for the file system may have been meant as an option of the mount, such as `RO`, `read-only` or `no_exec`. `meant` finds it.
const plain = (word: string): string => word.toLowerCase().replace(/[\s_-]/g, '');
const synonyms: ReadonlyMap<string, string> = new Map([
  ['readonly', 'ro'],
  ['readwrite', 'rw'],
]);
function meant(word: string): string | undefined {
  const letters = plain(word);
  return meaningOf(letters) === undefined ? synonyms.get(letters) : letters;
}

/** Options about symlinks: only a new bind mount can have them, and `copy-symlink` excludes the others. */
function checkLinks({ options = [] }: Mount, isBind: boolean, pointer: string, findings: Findings): void {
  options.forEach((option, i) => {
    if (meaningOf(option)?.kind !== 'link') return;
    const at = `${pointer}/options/${i}`;
    if (!isBind || options.includes('remount')) {
      findings.problem(at, `is ${quote(option)}, which only a new bind mount can have`);
    } else if (option === 'copy-symlink') {
      const other = options.find((one) => one === 'src-nofollow' || one === 'dest-nofollow');
      if (other !== undefined) findings.problem(at, `is "copy-symlink" beside ${quote(other)}; must be one of them`);
    }
  });
}

/**
 * mounts[].options: refuses options that the kernel or tsrunc would silently ignore. An option that would restrict nothing anyway only
 * gets a warning.
 * @param kinds optionKinds of the options
 * @param pointer the JSON pointer of the mount
 */
export function checkMountOptions(
  mount: Mount,
  isBind: boolean,
  kinds: number,
  pointer: string,
  findings: Findings,
): void {
  if ((kinds & LINK) !== 0) checkLinks(mount, isBind, pointer, findings);
  if ((kinds & (FILE_SYSTEM | OTHER)) === 0) return;
  const remount = !isBind && (kinds & REMOUNT) !== 0;
  const noFileSystem = isBind ? 'a bind mount' : mount.type === 'cgroup' ? 'a cgroup mount' : undefined;
  eachItem(mount.options, `${pointer}/options`, (option, at) => {
    const kind = optionKind(option);
    if ((kind & (FILE_SYSTEM | OTHER)) === 0) return;
    // The kernel answers EINVAL to it (fs/super.c, reconfigure_super), and mount(2) would ignore it.
    if (remount && option === 'dirsync') {
      findings.problem(at, 'is "dirsync", which no remount can set; must be given where it is mounted first');
    } else if (kind === FILE_SYSTEM) {
      if (noFileSystem !== undefined) findings.warn(at, `is ${quote(option)}, which has no effect on ${noFileSystem}`);
    } else if (isBind) checkBindOption(mount, option, at, findings);
    else checkWords(mount.type, option, at, findings);
  });
}

/**
 * A bind mount shows a file system that is mounted already, so options of the file system have no effect. The kernel would ignore
 * them, and with `readonly` or `RO` the mount would stay writable. Two options that restrict nothing are only warned of: the OCI's
 * runtime-tools (validation/mounts) give them to bind mounts without a type.
 */
function checkBindOption(mount: Mount, option: string, at: string, findings: Findings): void {
  const harmless = !mount.type && /^(mode=[0-7]{1,4}|size=[0-9]+[kmg]?)$/i.test(option);
  if (harmless) {
    findings.warn(at, `is ${quote(option)}, an option of a file system; it has no effect on a bind mount`);
    return;
  }
  const hint = optionWords(option).map((word) => (meaningOf(word) === undefined ? meant(word) : word));
  // noacl is a word of file systems itself: no guess at what else it means.
  const isGuess = hint.every((word) => word !== undefined) && hint[0] !== option;
  const guess = isGuess ? `; did you mean ${hint.map(quote).join(', ')}?` : '';
  findings.problem(at, `is ${quote(option)}, an option of a file system; a bind mount takes none${guess}`);
}

function checkWords(type: string | undefined, option: string, at: string, findings: Findings): void {
  const known = type !== undefined && Object.hasOwn(careless, type) ? careless[type] : undefined;
  if (known === undefined && option.includes('=') && isOneWord(option)) return;
  for (const word of optionWords(option)) {
    if (isFlag(word)) continue;
    // A word with a value is meant for the file system: no option of a mount has one.
    const guess = word.includes('=') || meaningOf(word) !== undefined ? undefined : meant(word);
    if (guess !== undefined) {
      findings.problem(at, `is ${quote(word)}; must be ${quote(guess)} if that is what is meant`);
    } else if (known !== undefined && !known.includes(word.split('=', 1)[0] as string)) {
      findings.problem(at, `is ${quote(word)}, which ${type} passes over; must be one of ${known.join(', ')}`);
    }
  }
}
