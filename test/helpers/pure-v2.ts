import { existsSync } from 'node:fs';
import { type CallOptions, kind } from './runtime.js';

/** In a mount namespace that has cgroup2 alone at /sys/fs/cgroup, as a pure v2 machine has: options of a call. */
export const pureV2 = {
  wrapper: [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"',
    'sh',
  ],
};

/** Where the executable under test has to be called: crun takes no hybrid host. */
export const placeOfCalls: CallOptions =
  kind === 'crun' && !existsSync('/sys/fs/cgroup/cgroup.controllers') ? pureV2 : {};
