/**
 * The highest number among the system calls that a profile names, for each architecture: calls with a higher number
 * are newer than the profile. The numbers are the kernel's (arch/x86/entry/syscalls, scripts/syscall.tbl).
 */

import { X32_BIT } from './seccomp-numbers.js';

/** From 424 on a system call has the same number on every architecture (plus the architecture's base). */
const UNIFIED = 424;

const unified = [
  'pidfd_send_signal', // 424
  'io_uring_setup',
  'io_uring_enter',
  'io_uring_register',
  'open_tree',
  'move_mount',
  'fsopen', // 430
  'fsconfig',
  'fsmount',
  'fspick',
  'pidfd_open',
  'clone3',
  'close_range',
  'openat2',
  'pidfd_getfd',
  'faccessat2',
  'process_madvise', // 440
  'epoll_pwait2',
  'mount_setattr',
  'quotactl_fd',
  'landlock_create_ruleset',
  'landlock_add_rule',
  'landlock_restrict_self',
  'memfd_secret',
  'process_mrelease',
  'futex_waitv',
  'set_mempolicy_home_node', // 450
  'cachestat',
  'fchmodat2',
  'map_shadow_stack',
  'futex_wake',
  'futex_wait',
  'futex_requeue',
  'statmount',
  'listmount',
  'lsm_get_self_attr',
  'lsm_set_self_attr', // 460
  'lsm_list_modules',
  'mseal',
  'setxattrat',
  'getxattrat',
  'listxattrat',
  'removexattrat',
  'open_tree_attr',
  'file_getattr',
  'file_setattr', // 469
];

/** The calls with 64-bit time, which only 32-bit architectures have, as numbers 403 to 423. */
const time64 = [
  'clock_gettime64', // 403
  'clock_settime64',
  'clock_adjtime64',
  'clock_getres_time64',
  'clock_nanosleep_time64',
  'timer_gettime64',
  'timer_settime64',
  'timerfd_gettime64', // 410
  'timerfd_settime64',
  'utimensat_time64',
  'pselect6_time64',
  'ppoll_time64',
  '', // 415
  'io_pgetevents_time64',
  'recvmmsg_time64',
  'mq_timedsend_time64',
  'mq_timedreceive_time64',
  'semtimedop_time64', // 420
  'rt_sigtimedwait_time64',
  'futex_time64',
  'sched_rr_get_interval_time64',
];

/** The newest calls that each architecture numbered by itself, before the numbers were unified; newest first. */
const earlier: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  SCMP_ARCH_X86: [
    ['rseq', 386],
    ['io_pgetevents', 385],
    ['arch_prctl', 384],
    ['statx', 383],
    ['pkey_free', 382],
    ['copy_file_range', 377],
    ['mlock2', 376],
    ['membarrier', 375],
    ['execveat', 358],
    ['memfd_create', 356],
    ['getrandom', 355],
    ['seccomp', 354],
  ],
  SCMP_ARCH_ARM: [
    ['rseq', 398],
    ['statx', 397],
    ['pkey_free', 396],
    ['copy_file_range', 391],
    ['mlock2', 390],
    ['membarrier', 389],
    ['execveat', 387],
    ['memfd_create', 385],
    ['getrandom', 384],
    ['seccomp', 383],
  ],
};

const word32 = [
  'SCMP_ARCH_X86',
  'SCMP_ARCH_ARM',
  'SCMP_ARCH_PPC',
  'SCMP_ARCH_M68K',
  'SCMP_ARCH_SH',
  'SCMP_ARCH_SHEB',
  'SCMP_ARCH_PARISC',
];

/** The number an architecture's calls start from, if it isn't 0. */
const bases: Readonly<Record<string, number>> = {
  SCMP_ARCH_X32: X32_BIT,
  SCMP_ARCH_MIPS: 4000,
  SCMP_ARCH_MIPSEL: 4000,
  SCMP_ARCH_MIPS64: 5000,
  SCMP_ARCH_MIPSEL64: 5000,
  SCMP_ARCH_MIPS64N32: 6000,
  SCMP_ARCH_MIPSEL64N32: 6000,
};

/** The private calls of ARM (set_tls, cacheflush, …: arch/arm/include/uapi/asm/unistd.h) begin here. */
const ARM_PRIVATE = 0x0f0000;

/** The first number that isn't one of the architecture's own system calls, now or later. */
export function beyondOwnNumbers(architecture: string): number {
  return architecture === 'SCMP_ARCH_ARM' ? ARM_PRIVATE : X32_BIT;
}

/**
 * The number of a system call on an architecture (SCMP_ARCH_*); undefined for a name that doesn't have the same
 * number everywhere.
 */
export function unifiedNumber(name: string, architecture: string): number | undefined {
  const number = unifiedNumbers.get(name);
  return number === undefined ? undefined : number + (bases[architecture] ?? 0);
}

const unifiedNumbers = new Map(unified.map((name, i) => [name, UNIFIED + i]));

/**
 * Up to here libseccomp is asked for names of this machine's calls, as it may know newer ones than the table above.
 */
const LAST = 512;

/**
 * Finds the newest system call of a profile.
 * @param names the system calls of the profile that libseccomp or the table above knows
 * @param native the machine's own architecture (SCMP_ARCH_*)
 * @param nameOf the name of a number on the native architecture ('' for none): Native.syscallName
 * @returns a function from SCMP_ARCH_* to the highest number there, its base included; undefined if that can't be told
 */
export function newestSyscalls(
  names: ReadonlySet<string>,
  native: string,
  nameOf: (number: number) => string,
): (architecture: string) => number | undefined {
  let common = newestNative(names, nameOf, UNIFIED, LAST);
  for (const name of names) common = Math.max(common ?? 0, unifiedNumbers.get(name) ?? 0) || undefined;
  return (architecture) => {
    const base = bases[architecture] ?? 0;
    // x32 has x86-64's numbers, and besides those 512 to 547, with execve among them.
    if (architecture === 'SCMP_ARCH_X32') return base + Math.max(common ?? 0, 547);
    if (common !== undefined) return base + common;
    if (word32.includes(architecture)) {
      const index = time64.findLastIndex((name) => name !== '' && names.has(name));
      if (index >= 0) return base + 403 + index;
    }
    if (architecture === native) return newestNative(names, nameOf, 0, UNIFIED);
    return earlier[architecture]?.find(([name]) => names.has(name))?.[1];
  };
}

function newestNative(
  names: ReadonlySet<string>,
  nameOf: (number: number) => string,
  from: number,
  to: number,
): number | undefined {
  for (let number = to - 1; number >= from; number--) {
    const name = nameOf(number);
    if (name !== '' && names.has(name)) return number;
  }
  return undefined;
}
