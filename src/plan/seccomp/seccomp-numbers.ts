/**
 * The numbers of seccomp's actions, operators and architectures: libseccomp's seccomp.h, linux/seccomp.h,
 * linux/audit.h.
 */

import type { NameTable } from '../steps/name-table.js';

/**
 * The actions SCMP_ACT_*, which are the kernel's SECCOMP_RET_*. ERRNO and TRACE carry a number in the low 16 bits.
 */
export const seccompActions: NameTable = {
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

/** The parts of an action: what is done, and the number that it carries (SECCOMP_RET_DATA). */
export const ACTION_MASK = 0xffff0000;
export const NUMBER_MASK = 0x0000ffff;

/** The actions in the order of the bits in which Native.seccompKernel reports them. */
export const kernelActions: readonly string[] = [
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_NOTIFY',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_LOG',
  'SCMP_ACT_ALLOW',
];

/** The operators that compare arguments: enum scmp_compare of libseccomp. */
export const seccompOperators: NameTable = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** SCMP_ARCH_*: the AUDIT_ARCH_* value in seccomp_data.arch, except for x32, which appears there as x86-64. */
export const seccompArchitectures: NameTable = {
  SCMP_ARCH_X86: 0x40000003,
  SCMP_ARCH_X86_64: 0xc000003e,
  SCMP_ARCH_X32: 0x4000003e,
  SCMP_ARCH_ARM: 0x40000028,
  SCMP_ARCH_AARCH64: 0xc00000b7,
  SCMP_ARCH_MIPS: 0x00000008,
  SCMP_ARCH_MIPS64: 0x80000008,
  SCMP_ARCH_MIPS64N32: 0xa0000008,
  SCMP_ARCH_MIPSEL: 0x40000008,
  SCMP_ARCH_MIPSEL64: 0xc0000008,
  SCMP_ARCH_MIPSEL64N32: 0xe0000008,
  SCMP_ARCH_PPC: 0x00000014,
  SCMP_ARCH_PPC64: 0x80000015,
  SCMP_ARCH_PPC64LE: 0xc0000015,
  SCMP_ARCH_S390: 0x00000016,
  SCMP_ARCH_S390X: 0x80000016,
  SCMP_ARCH_PARISC: 0x0000000f,
  SCMP_ARCH_PARISC64: 0x8000000f,
  SCMP_ARCH_RISCV64: 0xc00000f3,
  SCMP_ARCH_LOONGARCH64: 0xc0000102,
  SCMP_ARCH_M68K: 0x00000004,
  SCMP_ARCH_SH: 0x4000002a,
  SCMP_ARCH_SHEB: 0x0000002a,
};

/** Set in the numbers of x32's calls (__X32_SYSCALL_BIT), which is how they are told from x86-64's. */
export const X32_BIT = 0x40000000;

/** From the machine of uname(2) to the architecture's name. */
const machines: readonly (readonly [RegExp, string])[] = [
  [/^x86_64$/, 'SCMP_ARCH_X86_64'],
  [/^i[3-6]86$/, 'SCMP_ARCH_X86'],
  [/^aarch64$/, 'SCMP_ARCH_AARCH64'],
  [/^arm/, 'SCMP_ARCH_ARM'],
  [/^ppc64le$/, 'SCMP_ARCH_PPC64LE'],
  [/^ppc64$/, 'SCMP_ARCH_PPC64'],
  [/^s390x$/, 'SCMP_ARCH_S390X'],
  [/^riscv64$/, 'SCMP_ARCH_RISCV64'],
  [/^loongarch64$/, 'SCMP_ARCH_LOONGARCH64'],
];

/** The SCMP_ARCH_* of a machine as uname(2) names it; undefined for one we don't know. */
export function nativeArchitecture(machine: string): string | undefined {
  return machines.find(([pattern]) => pattern.test(machine))?.[1];
}
