import type { Device } from '../../config/spec.js';

/** Devices that every container has (runtime-spec config-linux.md, Default Devices); console and ptmx are made with the terminal. */
export const defaultDevices: readonly Device[] = [
  { type: 'c', path: '/dev/null', major: 1, minor: 3 },
  { type: 'c', path: '/dev/random', major: 1, minor: 8 },
  { type: 'c', path: '/dev/full', major: 1, minor: 7 },
  { type: 'c', path: '/dev/tty', major: 5, minor: 0 },
  { type: 'c', path: '/dev/zero', major: 1, minor: 5 },
  { type: 'c', path: '/dev/urandom', major: 1, minor: 9 },
];

/** Links that every container has (runtime-linux.md, Dev symbolic links; ptmx from config-linux.md). */
export const defaultLinks: readonly { path: string; target: string; cover: boolean }[] = [
  { path: '/dev/fd', target: '/proc/self/fd', cover: false },
  { path: '/dev/stdin', target: '/proc/self/fd/0', cover: false },
  { path: '/dev/stdout', target: '/proc/self/fd/1', cover: false },
  { path: '/dev/stderr', target: '/proc/self/fd/2', cover: false },
  // An image may bring a node of its own, which would open the host's terminals.
  { path: '/dev/ptmx', target: 'pts/ptmx', cover: true },
];

/** runc's, where the kernel has that file. It is masked in every usual configuration. */
export const coreLink = { path: '/dev/core', target: '/proc/kcore', cover: false };
