/**
 * What mount_setattr(2) changes of a mount, with the words of mount(8): the table of options (mount-options.ts) and what explain
 * says are made of these.
 */
import {
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_RELATIME,
  MOUNT_ATTR_STRICTATIME,
} from '../native/flags.js';

/** Attributes that a mount has or hasn't: the flag, the word that sets it, the word that clears it. */
export const attributeWords: readonly (readonly [flag: number, set: string, clear: string])[] = [
  [MOUNT_ATTR_RDONLY, 'ro', 'rw'],
  [MOUNT_ATTR_NOSUID, 'nosuid', 'suid'],
  [MOUNT_ATTR_NODEV, 'nodev', 'dev'],
  [MOUNT_ATTR_NOEXEC, 'noexec', 'exec'],
  [MOUNT_ATTR_NOSYMFOLLOW, 'nosymfollow', 'symfollow'],
  [MOUNT_ATTR_NODIRATIME, 'nodiratime', 'diratime'],
];

/** Values of the one field for access times, MOUNT_ATTR__ATIME, and the word that asks for each. */
export const accessTimeWords: readonly (readonly [value: number, word: string])[] = [
  [MOUNT_ATTR_NOATIME, 'noatime'],
  [MOUNT_ATTR_STRICTATIME, 'strictatime'],
  [MOUNT_ATTR_RELATIME, 'relatime'],
];

/** Words that take one of these values back, and no other: relatime is what the kernel has then. */
export const accessTimeUndoWords: readonly (readonly [value: number, word: string])[] = [
  [MOUNT_ATTR_NOATIME, 'atime'],
  [MOUNT_ATTR_STRICTATIME, 'nostrictatime'],
  [MOUNT_ATTR_RELATIME, 'norelatime'],
];
