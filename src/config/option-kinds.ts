/** The kinds of options that a mount has, as bits of one number: for most mounts it says that nothing has to be checked. */
import { isInlineIdMap } from './inline-id-map.js';
import { type Meaning, mountOptions } from './mount-options.js';

/** `bind` or `rbind`. */
export const BIND = 1;
export const REMOUNT = 2;
/** `idmap` or `ridmap`, with the maps of the mount or of the container. */
export const IDMAP = 4;
/** `idmap=...`, an option that holds the maps itself (inline-id-map.ts). */
export const INLINE_IDMAP = 8;
/** What to do about a symlink at the end of a bind mount's source or destination. */
export const LINK = 16;
export const PROPAGATION = 32;
/** An option of the file system, and not of the mount, that is in the table of mount-options.ts. */
export const FILE_SYSTEM = 64;
/** A word that isn't in the table, and the hole that an item which the schema refused has left. */
export const OTHER = 128;

const bits: Readonly<Record<Meaning['kind'], number>> = {
  attribute: 0,
  propagation: PROPAGATION,
  superblock: FILE_SYSTEM,
  iversion: FILE_SYSTEM,
  data: OTHER,
  bind: BIND,
  idmap: IDMAP,
  remount: REMOUNT,
  'copy-up': FILE_SYSTEM,
  link: LINK,
  nothing: 0,
};

/** The bit of each word in the table. Without a prototype, so that no word such as "constructor" is found in it. */
const kinds: Record<string, number | undefined> = Object.create(null);
for (const [word, { kind }] of Object.entries(mountOptions)) kinds[word] = bits[kind];

/** The bit of one option; 0 for one that sets an attribute of the mount, or that does nothing. */
export function optionKind(option: string): number {
  return kinds[option] ?? (isInlineIdMap(option) ? INLINE_IDMAP : OTHER);
}

/** The bits of all options of a mount together. */
export function optionKinds(options: readonly string[] | undefined): number {
  let all = 0;
  if (options === undefined) return all;
  for (let i = 0; i < options.length; i++) all |= kinds[options[i]!] ?? optionKind(options[i]!);
  return all;
}
