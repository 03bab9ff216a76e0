import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_RELATIME,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_REC,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from '../native/flags.js';

/** What one word of mounts[].options means. */
type Meaning =
  /** MOUNT_ATTR_* of this mount, or with recursive of it and all below (the r* options). */
  | { kind: 'attribute'; set: number; clear: number; recursive: boolean }
  /** Propagation, with MS_REC for the r* forms. */
  | { kind: 'propagation'; flags: number }
  /** A flag of the file system (super block), which fsconfig(2) takes by this very word. */
  | { kind: 'superblock' }
  /** MS_I_VERSION: fsconfig(2) has no word for it. */
  | { kind: 'iversion'; on: boolean }
  /** A word that the file system may know: as one that isn't in the table. */
  | { kind: 'data' }
  | { kind: 'bind'; recursive: boolean }
  | { kind: 'idmap'; recursive: boolean }
  | { kind: 'remount' }
  | { kind: 'copy-up' }
  /** What becomes of a symlink at the end of a bind mount's source or destination. */
  | { kind: 'link'; does: 'copyLink' | 'sourceNoFollow' | 'targetNoFollow' }
  /** Understood, and nothing to do. */
  | { kind: 'nothing' };

const attribute = (set: number, clear = 0): Meaning => ({ kind: 'attribute', set, clear, recursive: false });
const recursive = (set: number, clear = 0): Meaning => ({ kind: 'attribute', set, clear, recursive: true });
const propagation = (flags: number): Meaning => ({ kind: 'propagation', flags });
const superblock: Meaning = { kind: 'superblock' };
const nothing: Meaning = { kind: 'nothing' };

// The three atime values share one field, which has to be cleared to take another value: mount_setattr(2).
const atime = MOUNT_ATTR__ATIME;

/** Every option the runtime-spec names (config.md, mounts), and `idmap`, `ridmap`, `tmpcopyup` and those of crun about symlinks; all else is data for the file system. */
export const mountOptions: Readonly<Record<string, Meaning>> = {
  defaults: nothing,
  ro: attribute(MOUNT_ATTR_RDONLY),
  rw: attribute(0, MOUNT_ATTR_RDONLY),
  nosuid: attribute(MOUNT_ATTR_NOSUID),
  suid: attribute(0, MOUNT_ATTR_NOSUID),
  nodev: attribute(MOUNT_ATTR_NODEV),
  dev: attribute(0, MOUNT_ATTR_NODEV),
  noexec: attribute(MOUNT_ATTR_NOEXEC),
  exec: attribute(0, MOUNT_ATTR_NOEXEC),
  nosymfollow: attribute(MOUNT_ATTR_NOSYMFOLLOW),
  symfollow: attribute(0, MOUNT_ATTR_NOSYMFOLLOW),
  noatime: attribute(MOUNT_ATTR_NOATIME, atime),
  atime: attribute(MOUNT_ATTR_RELATIME, atime),
  relatime: attribute(MOUNT_ATTR_RELATIME, atime),
  norelatime: attribute(MOUNT_ATTR_RELATIME, atime),
  strictatime: attribute(MOUNT_ATTR_STRICTATIME, atime),
  nostrictatime: attribute(MOUNT_ATTR_RELATIME, atime),
  nodiratime: attribute(MOUNT_ATTR_NODIRATIME),
  diratime: attribute(0, MOUNT_ATTR_NODIRATIME),

  rro: recursive(MOUNT_ATTR_RDONLY),
  rrw: recursive(0, MOUNT_ATTR_RDONLY),
  rnosuid: recursive(MOUNT_ATTR_NOSUID),
  rsuid: recursive(0, MOUNT_ATTR_NOSUID),
  rnodev: recursive(MOUNT_ATTR_NODEV),
  rdev: recursive(0, MOUNT_ATTR_NODEV),
  rnoexec: recursive(MOUNT_ATTR_NOEXEC),
  rexec: recursive(0, MOUNT_ATTR_NOEXEC),
  rnosymfollow: recursive(MOUNT_ATTR_NOSYMFOLLOW),
  rsymfollow: recursive(0, MOUNT_ATTR_NOSYMFOLLOW),
  rnoatime: recursive(MOUNT_ATTR_NOATIME, atime),
  ratime: recursive(MOUNT_ATTR_RELATIME, atime),
  rrelatime: recursive(MOUNT_ATTR_RELATIME, atime),
  rnorelatime: recursive(MOUNT_ATTR_RELATIME, atime),
  rstrictatime: recursive(MOUNT_ATTR_STRICTATIME, atime),
  rnostrictatime: recursive(MOUNT_ATTR_RELATIME, atime),
  rnodiratime: recursive(MOUNT_ATTR_NODIRATIME),
  rdiratime: recursive(0, MOUNT_ATTR_NODIRATIME),

  private: propagation(MS_PRIVATE),
  rprivate: propagation(MS_PRIVATE | MS_REC),
  slave: propagation(MS_SLAVE),
  rslave: propagation(MS_SLAVE | MS_REC),
  shared: propagation(MS_SHARED),
  rshared: propagation(MS_SHARED | MS_REC),
  unbindable: propagation(MS_UNBINDABLE),
  runbindable: propagation(MS_UNBINDABLE | MS_REC),

  sync: superblock,
  async: superblock,
  dirsync: superblock,
  lazytime: superblock,
  nolazytime: superblock,
  mand: superblock,
  nomand: superblock,
  iversion: { kind: 'iversion', on: true },
  noiversion: { kind: 'iversion', on: false },
  // Whether the kernel's log gets a line for each mistake: fsopen(2) gives those to who asks.
  silent: nothing,
  loud: nothing,

  // Access control lists: file systems have them on by themselves today. Without them only those that know the word.
  acl: nothing,
  noacl: { kind: 'data' },

  bind: { kind: 'bind', recursive: false },
  rbind: { kind: 'bind', recursive: true },
  remount: { kind: 'remount' },
  idmap: { kind: 'idmap', recursive: false },
  ridmap: { kind: 'idmap', recursive: true },
  tmpcopyup: { kind: 'copy-up' },
  'copy-symlink': { kind: 'link', does: 'copyLink' },
  'src-nofollow': { kind: 'link', does: 'sourceNoFollow' },
  'dest-nofollow': { kind: 'link', does: 'targetNoFollow' },
};

/** The options of one mount, taken together; a later word wins over an earlier one. */
export interface MountOptions {
  /** MOUNT_ATTR_* to set and to clear on the mount. */
  set: number;
  clear: number;
  /** The same for the mount and all below it. */
  recursiveSet: number;
  recursiveClear: number;
  /** Each in the order given. */
  propagations: number[];
  /** Flags of the file system, each by the word fsconfig(2) has for it, in the order given. */
  parameters: string[];
  /** Whether MS_I_VERSION is to be set or cleared; undefined when nothing is said. */
  iversion?: boolean;
  bind?: { recursive: boolean };
  idmap?: { recursive: boolean };
  remount: boolean;
  copyUp: boolean;
  copyLink: boolean;
  sourceNoFollow: boolean;
  targetNoFollow: boolean;
  /** What the table doesn't know: `key=value` and words for the file system, in order. */
  data: string[];
}

const meaningOf = (word: string): Meaning | undefined =>
  Object.hasOwn(mountOptions, word) ? mountOptions[word] : undefined;

/**
 * The words of one option, as fsconfig(2) takes them: engines write several in one, which mount(2) would split at the commas,
 * and put SELinux contexts, which hold commas, in quotes.
 */
export function optionWords(option: string): string[] {
  if (meaningOf(option) !== undefined || isOneWord(option)) return [option];
  const [, key, context] = /^((?:fs|def|root)?context)="(.*)"$/.exec(option) ?? [];
  if (key !== undefined) return [`${key}=${context}`];
  if (/["\\]/.test(option)) return [option];
  return option.split(',').filter((word) => word !== '');
}

function isOneWord(option: string): boolean {
  return option !== '' && !option.includes(',') && !option.includes('"') && !option.includes('\\');
}

const flags: ReadonlySet<string> = new Set(['attribute', 'propagation', 'superblock', 'iversion', 'nothing']);

/** Whether a word is a flag: those do what they do alone where they come with others in one option, too. */
export function isFlag(word: string): boolean {
  const meaning = meaningOf(word);
  return meaning !== undefined && flags.has(meaning.kind);
}

/** Reads mounts[].options. */
export function readMountOptions(options: readonly string[]): MountOptions {
  const result: MountOptions = {
    set: 0,
    clear: 0,
    recursiveSet: 0,
    recursiveClear: 0,
    propagations: [],
    parameters: [],
    remount: false,
    copyUp: false,
    copyLink: false,
    sourceNoFollow: false,
    targetNoFollow: false,
    data: [],
  };
  for (const option of options) {
    const meaning = meaningOf(option);
    if (meaning !== undefined) apply(result, option, meaning);
    else for (const word of optionWords(option)) apply(result, word, isFlag(word) ? mountOptions[word]! : data);
  }
  return result;
}

const data: Meaning = { kind: 'data' };

function apply(result: MountOptions, word: string, meaning: Meaning): void {
  switch (meaning.kind) {
    case 'data':
      result.data.push(word);
      break;
    case 'attribute':
      if (meaning.recursive) {
        result.recursiveSet = (result.recursiveSet & ~meaning.clear) | meaning.set;
        result.recursiveClear = (result.recursiveClear & ~(meaning.set & ~atime)) | meaning.clear;
      } else {
        result.set = (result.set & ~meaning.clear) | meaning.set;
        result.clear = (result.clear & ~(meaning.set & ~atime)) | meaning.clear;
      }
      break;
    case 'propagation':
      result.propagations.push(meaning.flags);
      break;
    case 'superblock':
      result.parameters.push(word);
      break;
    case 'iversion':
      result.iversion = meaning.on;
      break;
    case 'bind':
      // rbind stays when a plain bind follows: engines add both.
      result.bind = { recursive: meaning.recursive || (result.bind?.recursive ?? false) };
      break;
    case 'idmap':
      result.idmap = { recursive: meaning.recursive };
      break;
    case 'remount':
      result.remount = true;
      break;
    case 'copy-up':
      result.copyUp = true;
      break;
    case 'link':
      result[meaning.does] = true;
      break;
  }
}
