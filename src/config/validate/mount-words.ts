/** Rules about the type and options of a mount: misspelt words, and words that cancel each other. */
import { Guesses } from '../../base/nearest.js';
import { quote } from '../../base/quote.js';
import { isBindMount } from '../bind-mount.js';
import { eachItem } from '../findings.js';
import { accessTimeWords, attributeWords } from '../mount-attributes.js';
import { meaningOf, mountOptions, optionWords } from '../mount-options.js';
import type { Mount } from '../spec.js';
import type { Note } from './rule.js';

const types =
  'proc tmpfs sysfs devpts mqueue cgroup cgroup2 bind overlay devtmpfs ramfs hugetlbfs debugfs tracefs securityfs bpf configfs efivarfs pstore binfmt_misc fuse ext2 ext3 ext4 xfs btrfs f2fs zfs vfat exfat ntfs3 iso9660 udf squashfs erofs nfs nfs4 cifs 9p virtiofs ceph none fusectl selinuxfs autofs nsfs nullfs'.split(
    ' ',
  );

/** The parameters of file systems that containers usually have: their tables of fs_parameter_spec in the kernel. */
const parameters: Readonly<Record<string, string>> = {
  tmpfs:
    'size nr_blocks nr_inodes mode uid gid huge mpol inode32 inode64 noswap quota usrquota grpquota usrquota_block_hardlimit usrquota_inode_hardlimit grpquota_block_hardlimit grpquota_inode_hardlimit casefold strict_encoding',
  devpts: 'uid gid mode ptmxmode newinstance max',
  proc: 'gid hidepid subset pidns',
  mqueue: '',
  sysfs: '',
};
const contexts = 'context fscontext defcontext rootcontext seclabel';

/** Pairs of words of which one undoes the other. */
const opposites: ReadonlyMap<string, string> = new Map(
  [
    ...attributeWords.map(([, set, clear]) => [set, clear] as const),
    ['sync', 'async'] as const,
    ['mand', 'nomand'] as const,
    ['lazytime', 'nolazytime'] as const,
    ['iversion', 'noiversion'] as const,
    ['acl', 'noacl'] as const,
    ['silent', 'loud'] as const,
  ].flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
);
const accessTimes: ReadonlySet<string> = new Set(accessTimeWords.map(([, word]) => word));
const bare = (word: string): string =>
  word.startsWith('r') && meaningOf(word.slice(1)) !== undefined ? word.slice(1) : word;
const forAll = (word: string): boolean => bare(word) !== word;

/** Applies these rules to the mounts of a file. */
export function checkMountWords(mounts: readonly Mount[] | undefined, note: Note): void {
  const guesses = new Guesses();
  eachItem(mounts, '/mounts', (mount, pointer) => {
    const { type } = mount;
    const bind = isBindMount(mount);
    if (type && !bind && !types.includes(type)) {
      const near = guesses.nearest(type, types);
      if (near !== undefined)
        note('unknown-word', `${pointer}/type`, `${quote(type)} is no known file system; did you mean ${quote(near)}?`);
    }
    if (!bind) checkSpelling(mount, pointer, note, guesses);
    checkOpposites(mount, pointer, note);
  });
}

function checkSpelling({ type = '', options }: Mount, pointer: string, note: Note, guesses: Guesses): void {
  const own = Object.hasOwn(parameters, type) ? `${parameters[type]} ${contexts}`.split(' ') : undefined;
  eachItem(options, `${pointer}/options`, (option, at) => {
    if (meaningOf(option) !== undefined || option.startsWith('idmap=')) return;
    for (const word of optionWords(option)) {
      const [name = ''] = word.split('=', 1);
      if (meaningOf(word) !== undefined || own?.includes(name)) continue;
      const candidates = word === name ? [...Object.keys(mountOptions), ...(own ?? [])] : (own ?? []);
      const near = guesses.nearest(name, candidates);
      if (near !== undefined)
        note('unknown-word', at, `${quote(word)} is no known option; did you mean ${quote(near)}?`);
      else if (own !== undefined)
        note('unknown-word', at, `${quote(word)} is no known option of ${type}; must be one of its options`);
    }
  });
}

/** Of two words that cancel each other the later one counts. Engines give access times and propagation in any number. */
function checkOpposites({ options }: Mount, pointer: string, note: Note): void {
  const seen = new Map<string, number>();
  eachItem(options, `${pointer}/options`, (option, at, index) => {
    const word = bare(option);
    const opposite = opposites.get(word);
    const earlier = opposite === undefined ? undefined : seen.get(forAll(option) ? `r${opposite}` : opposite);
    if (earlier !== undefined) {
      note(
        'contradiction',
        at,
        `is ${quote(option)} after ${quote(options![earlier]!)}, which has no effect then; must be one of them`,
      );
    }
    if (accessTimes.has(word)) {
      const other = [...accessTimes].find((one) => one !== word && seen.has(one));
      if (other !== undefined) {
        note(
          'contradiction',
          at,
          `is ${quote(option)} after ${quote(other)}, which has no effect then; must be one of them`,
        );
      }
    }
    seen.set(option, index);
  });
}
