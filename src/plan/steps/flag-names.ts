/** Names of flags, for `explain`. */
import { accessTimeWords, attributeWords } from '../../config/mount-attributes.js';
import { namespaceTypes } from '../../config/namespace-types.js';
import { propagationFlags } from '../../config/propagation.js';
import { MOUNT_ATTR__ATIME, MS_REC } from '../../native/flags.js';
import { allSeccompFlags } from '../seccomp/seccomp-flags.js';

type Names = readonly (readonly [string, number])[];

const cloneNames: Names = Object.values(namespaceTypes).map(({ name, flag }) => [name, flag]);

/** Only the flags of propagation, since steps use no other MS_*. */
const mountNames: Names = [
  ...Object.entries(propagationFlags).map(([word, flag]) => [`MS_${word.toUpperCase()}`, flag] as const),
  ['MS_REC', MS_REC],
];

function names(value: number, table: Names): string {
  const found = table.filter(([, flag]) => (value & flag) === flag);
  const rest = found.reduce((left, [, flag]) => left & ~flag, value) >>> 0;
  const all = found.map(([name]) => name);
  if (rest !== 0) all.push(`0x${rest.toString(16)}`);
  return all.join('|') || '0';
}

/** The names of CLONE_NEW* flags, e.g. `CLONE_NEWPID|CLONE_NEWNS`; `0` for none. */
export const cloneFlagNames = (flags: number): string => names(flags, cloneNames);

/** The names of propagation flags, e.g. `MS_SLAVE|MS_REC`; `0` for none. */
export const mountFlagNames = (flags: bigint): string => names(Number(flags), mountNames);

/** The words of mount(8) for MOUNT_ATTR_* that are set and cleared, e.g. `nosuid,noexec`; '' for none. */
export function attributeNames(set: bigint, clear: bigint): string {
  const on = Number(set);
  const off = Number(clear);
  const words = attributeWords.filter(([flag]) => on & flag).map(([, word]) => word);
  if ((on | off) & MOUNT_ATTR__ATIME) {
    const [, time] = accessTimeWords.find(([value]) => value === (on & MOUNT_ATTR__ATIME)) ?? [];
    if (time !== undefined) words.push(time);
  }
  words.push(...attributeWords.filter(([flag]) => off & flag).map(([, , word]) => word));
  return words.join(',');
}

/** The names of seccomp(2) filter flags without their prefix, e.g. `LOG|NEW_LISTENER`; `0` for none. */
export const seccompFlagNames = (flags: number): string => names(flags, Object.entries(allSeccompFlags));
