/** The devices and symlinks that every container has in /dev. */
import type { Device } from '../../config/spec.js';

/**
 * The devices of config-linux.md, "Default Devices"; console and ptmx are not here, they are made with the terminal.
 */
export const defaultDevices: readonly Device[] = [
  { type: 'c', path: '/dev/null', major: 1, minor: 3 },
  { type: 'c', path: '/dev/random', major: 1, minor: 8 },
  { type: 'c', path: '/dev/full', major: 1, minor: 7 },
  { type: 'c', path: '/dev/tty', major: 5, minor: 0 },
  { type: 'c', path: '/dev/zero', major: 1, minor: 5 },
  { type: 'c', path: '/dev/urandom', major: 1, minor: 9 },
];

/**
 * The symlinks of runtime-linux.md, "Dev symbolic links", and ptmx of config-linux.md. With cover, whatever else is
 * at the path gets covered.
 */
export const defaultLinks: readonly { path: string; target: string; cover: boolean }[] = [
  { path: '/dev/fd', target: '/proc/self/fd', cover: false },
  { path: '/dev/stdin', target: '/proc/self/fd/0', cover: false },
  { path: '/dev/stdout', target: '/proc/self/fd/1', cover: false },
  { path: '/dev/stderr', target: '/proc/self/fd/2', cover: false },
  // An image may bring a node of its own, which would open the host's terminals.
  { path: '/dev/ptmx', target: 'pts/ptmx', cover: true },
];

/** A symlink that runc makes too, if the kernel has /proc/kcore. Usual configurations mask its target. */
export const coreLink = { path: '/dev/core', target: '/proc/kcore', cover: false };
