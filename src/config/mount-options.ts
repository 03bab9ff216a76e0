/** What each word of mounts[].options means, and the reading of a mount's options. */
import { MOUNT_ATTR__ATIME, MOUNT_ATTR_RELATIME } from '../native/flags.js';
import { accessTimeUndoWords, accessTimeWords, attributeWords } from './mount-attributes.js';
import { propagations } from './propagation.js';

/** What one word of mounts[].options means. */
export type Meaning =
  /**
   * Sets or clears MOUNT_ATTR_* of the mount; with recursive (the r* options) also of all mounts below it.
   * With undoes only where an earlier word asked for no other access times than those.
   */
  | { kind: 'attribute'; set: number; clear: number; recursive: boolean; undoes?: number }
  /** Propagation, with MS_REC for the r* forms. */
  | { kind: 'propagation'; flags: number }
  /** A flag of the file system (its superblock); fsconfig(2) takes it under the same word. */
  | { kind: 'superblock' }
  /** MS_I_VERSION, for which fsconfig(2) has no word. */
  | { kind: 'iversion'; on: boolean }
  /** A word for the file system, which may not know it. Words that aren't in the table are taken so, too. */
  | { kind: 'data' }
  | { kind: 'bind'; recursive: boolean }
  | { kind: 'idmap'; recursive: boolean }
  | { kind: 'remount' }
  | { kind: 'copy-up' }
  /** What to do about a symlink at the end of a bind mount's source or destination. */
  | { kind: 'link'; does: 'copyLink' | 'sourceNoFollow' | 'targetNoFollow' }
  /** A known word for which nothing has to be done. */
  | { kind: 'nothing' };

const superblock: Meaning = { kind: 'superblock' };
const nothing: Meaning = { kind: 'nothing' };

// The atime settings are values of one field and not bits. mount_setattr(2) changes it only when its whole mask is cleared as well.
const atime = MOUNT_ATTR__ATIME;

/** The words of attributes, and each with an r: for the mount and all below. */
function attributeOptions(): Record<string, Meaning> {
  const options: Record<string, Meaning> = {};
  const add = (word: string, set: number, clear: number, undoes?: number): void => {
    const meaning = { kind: 'attribute', set, clear, ...(undoes !== undefined && { undoes }) } as const;
    options[word] = { ...meaning, recursive: false };
    options[`r${word}`] = { ...meaning, recursive: true };
  };
  for (const [flag, on, off] of attributeWords) {
    add(on, flag, 0);
    add(off, 0, flag);
  }
  for (const [value, word] of accessTimeWords) add(word, value, atime);
  for (const [value, word] of accessTimeUndoWords) add(word, MOUNT_ATTR_RELATIME, atime, value);
  return options;
}

function propagationOptions(): Record<string, Meaning> {
  const options: Record<string, Meaning> = {};
  for (const [word, flags] of Object.entries(propagations)) options[word] = { kind: 'propagation', flags };
  return options;
}

/**
 * Every option the runtime-spec names (config.md, mounts), and `idmap`, `ridmap`, `tmpcopyup` and those of crun about symlinks; all
 * else is data for the file system.
 */
export const mountOptions: Readonly<Record<string, Meaning>> = {
  defaults: nothing,
  ...attributeOptions(),
  ...propagationOptions(),

  sync: superblock,
  async: superblock,
  dirsync: superblock,
  lazytime: superblock,
  nolazytime: superblock,
  mand: superblock,
  nomand: superblock,
  iversion: { kind: 'iversion', on: true },
  noiversion: { kind: 'iversion', on: false },
  // With mount(2) these decide whether the kernel's log gets a line for each mistake. fsopen(2) keeps such lines for its caller.
  silent: nothing,
  loud: nothing,

  // Access control lists are on by default in today's file systems. Only some file systems can do without, and those know the word.
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
  /** The same, for the mount and all mounts below it. */
  recursiveSet: number;
  recursiveClear: number;
  /** The MS_* flags of each propagation option, in the order given. */
  propagations: number[];
  /** Flags of the file system, as the words that fsconfig(2) takes, in the order given. */
  parameters: string[];
  /** Whether MS_I_VERSION is to be set or cleared; undefined to leave it. */
  iversion?: boolean;
  bind?: { recursive: boolean };
  idmap?: { recursive: boolean };
  remount: boolean;
  copyUp: boolean;
  copyLink: boolean;
  sourceNoFollow: boolean;
  targetNoFollow: boolean;
  /** Options for the file system, `key=value` or a word, in the order given. */
  data: string[];
}

/** The table without a prototype, so that no word such as "constructor" is found in it. */
const meanings: Readonly<Record<string, Meaning | undefined>> = Object.assign(Object.create(null), mountOptions);

/** What a word means; undefined when it isn't in the table. */
export function meaningOf(word: string): Meaning | undefined {
  return meanings[word];
}

/**
 * Splits an option into words for fsconfig(2), which takes them one by one. Engines write several words into one option, as mount(2)
 * splits its data at commas, and put SELinux contexts in quotes because these hold commas themselves; the quotes are taken off.
 */
export function optionWords(option: string): string[] {
  if (meaningOf(option) !== undefined || isOneWord(option)) return [option];
  const [, key, context] = /^((?:fs|def|root)?context)="(.*)"$/.exec(option) ?? [];
  if (key !== undefined) return [`${key}=${context}`];
  if (/["\\]/.test(option)) return [option];
  return option.split(',').filter((word) => word !== '');
}

/** True when optionWords would return the option unchanged, since it holds no character that has a meaning there. */
export function isOneWord(option: string): boolean {
  return option !== '' && !option.includes(',') && !option.includes('"') && !option.includes('\\');
}

const flags: ReadonlySet<string> = new Set(['attribute', 'propagation', 'superblock', 'iversion', 'nothing']);

/** Whether a word keeps its meaning when it stands in one option together with others, e.g. `ro` in `ro,size=1m`. */
export function isFlag(word: string): boolean {
  const meaning = meaningOf(word);
  return meaning !== undefined && flags.has(meaning.kind);
}

/** What the options of a mount ask for together. Reports nothing: check-mount-options.ts says which options are wrong. */
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
  for (let i = 0; i < options.length; i++) {
    const option = options[i]!;
    const meaning = meanings[option];
    if (meaning !== undefined) apply(result, option, meaning);
    else if (isOneWord(option)) result.data.push(option);
    else for (const word of optionWords(option)) apply(result, word, isFlag(word) ? meanings[word]! : data);
  }
  return result;
}

const data: Meaning = { kind: 'data' };

/** `noatime,norelatime`: the second takes back what the first didn't ask for. */
function keepsAccessTimes(result: MountOptions, { undoes, recursive }: Meaning & { kind: 'attribute' }): boolean {
  const [set, clear] = recursive ? [result.recursiveSet, result.recursiveClear] : [result.set, result.clear];
  return undoes !== undefined && (clear & atime) !== 0 && (set & atime) !== undoes;
}

function apply(result: MountOptions, word: string, meaning: Meaning): void {
  switch (meaning.kind) {
    case 'attribute':
      if (keepsAccessTimes(result, meaning)) break;
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
      // Engines write both `rbind` and `bind`; the second doesn't undo the first.
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
    case 'data':
      result.data.push(word);
      break;
  }
}
