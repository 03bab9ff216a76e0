import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_DIRSYNC,
  MS_I_VERSION,
  MS_LAZYTIME,
  MS_MANDLOCK,
  MS_POSIXACL,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_SHARED,
  MS_SILENT,
  MS_SLAVE,
  MS_SYNCHRONOUS,
  MS_UNBINDABLE,
} from '../../native/flags.js';
import { allSeccompFlags } from '../seccomp/seccomp-flags.js';

type Names = readonly (readonly [string, number])[];

const cloneNames: Names = [
  ['CLONE_NEWUSER', CLONE_NEWUSER],
  ['CLONE_NEWPID', CLONE_NEWPID],
  ['CLONE_NEWNET', CLONE_NEWNET],
  ['CLONE_NEWNS', CLONE_NEWNS],
  ['CLONE_NEWIPC', CLONE_NEWIPC],
  ['CLONE_NEWUTS', CLONE_NEWUTS],
  ['CLONE_NEWCGROUP', CLONE_NEWCGROUP],
  ['CLONE_NEWTIME', CLONE_NEWTIME],
];

const mountNames: Names = [
  ['MS_RDONLY', MS_RDONLY],
  ['MS_SYNCHRONOUS', MS_SYNCHRONOUS],
  ['MS_MANDLOCK', MS_MANDLOCK],
  ['MS_DIRSYNC', MS_DIRSYNC],
  ['MS_SILENT', MS_SILENT],
  ['MS_POSIXACL', MS_POSIXACL],
  ['MS_UNBINDABLE', MS_UNBINDABLE],
  ['MS_PRIVATE', MS_PRIVATE],
  ['MS_SLAVE', MS_SLAVE],
  ['MS_SHARED', MS_SHARED],
  ['MS_I_VERSION', MS_I_VERSION],
  ['MS_LAZYTIME', MS_LAZYTIME],
  ['MS_REC', MS_REC],
];

/** Words of mount options for what is set, and for what is cleared. */
const attributeWords: readonly (readonly [number, string, string])[] = [
  [MOUNT_ATTR_RDONLY, 'ro', 'rw'],
  [MOUNT_ATTR_NOSUID, 'nosuid', 'suid'],
  [MOUNT_ATTR_NODEV, 'nodev', 'dev'],
  [MOUNT_ATTR_NOEXEC, 'noexec', 'exec'],
  [MOUNT_ATTR_NOSYMFOLLOW, 'nosymfollow', 'symfollow'],
  [MOUNT_ATTR_NODIRATIME, 'nodiratime', 'diratime'],
];

function names(value: number, table: Names): string {
  const found = table.filter(([, flag]) => (value & flag) === flag);
  const rest = found.reduce((left, [, flag]) => left & ~flag, value) >>> 0;
  const all = found.map(([name]) => name);
  if (rest !== 0) all.push(`0x${rest.toString(16)}`);
  return all.join('|') || '0';
}

/** `CLONE_NEWPID|CLONE_NEWNS`; `0` for none. */
export const cloneFlagNames = (flags: number): string => names(flags, cloneNames);

/** `MS_SLAVE|MS_REC`; `0` for none. */
export const mountFlagNames = (flags: bigint): string => names(Number(flags), mountNames);

/** MOUNT_ATTR_* as words of mount(8), `nosuid,noexec`; '' for none. */
export function attributeNames(set: bigint, clear: bigint): string {
  const on = Number(set);
  const off = Number(clear);
  const words = attributeWords.filter(([flag]) => on & flag).map(([, word]) => word);
  if (on & MOUNT_ATTR_NOATIME) words.push('noatime');
  else if (on & MOUNT_ATTR_STRICTATIME) words.push('strictatime');
  else if (off & MOUNT_ATTR__ATIME) words.push('relatime');
  words.push(...attributeWords.filter(([flag]) => off & flag).map(([, , word]) => word));
  return words.join(',');
}

/** Flags of seccomp(2) without their prefix, `LOG|NEW_LISTENER`; `0` for none. */
export const seccompFlagNames = (flags: number): string => names(flags, Object.entries(allSeccompFlags));
