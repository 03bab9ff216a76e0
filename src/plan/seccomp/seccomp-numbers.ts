/** Numbers of seccomp, as libseccomp (seccomp.h) and the kernel (linux/seccomp.h, linux/audit.h) have them. */

import type { NameTable } from '../steps/name-table.js';

/** SCMP_ACT_*; ERRNO and TRACE carry a number in the low half. */
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

/** The part of an action that says what is done; the rest is its number. */
export const ACTION_MASK = 0xffff0000;

/** Actions by the bit that Native.seccompKernel gives them. */
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

/** enum scmp_compare. */
export const seccompOperators: NameTable = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** SCMP_ARCH_*: the AUDIT_ARCH_* that seccomp_data.arch holds, but for x32, which shows as x86-64 there. */
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

/** Set in the numbers of x32, which comes with x86-64's architecture. */
export const X32_BIT = 0x40000000;

/** uname(2) machine to the architecture's name. */
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

/** The native architecture's name, undefined for a machine we don't know. */
export function nativeArchitecture(machine: string): string | undefined {
  return machines.find(([pattern]) => pattern.test(machine))?.[1];
}
