/**
 * Instructions placed before libseccomp's filter: system calls newer than any that the profile names fail with ENOSYS
 * instead of the errno of the default action. glibc falls back to an older call only on ENOSYS, and a profile can't
 * name calls that didn't exist when it was written; runc does the same. Numbers that can't be one of the
 * architecture's own calls (another ABI's, a private call, -1) are left to the filter.
 */
import { ENOSYS } from '../../base/errno.js';
import {
  ARCH,
  answer,
  end,
  type Instruction,
  ifEqual,
  ifGreater,
  ifGreaterEqual,
  jump,
  load,
  NR,
  withEnd,
} from './bpf.js';
import { seccompActions, X32_BIT } from './seccomp-numbers.js';

const RETURN_ENOSYS = answer(seccompActions.SCMP_ACT_ERRNO! | ENOSYS);

/** The newest system call that the profile names for one value of seccomp_data.arch. */
export interface NewestSyscall {
  /** AUDIT_ARCH_*. */
  arch: number;
  newest: number;
  /** The first number that isn't reserved for system calls of the architecture, now or later. */
  beyond: number;
  /** If the profile names x32: the newest of x32, with X32_BIT set. x32 has the arch of x86-64. */
  newestX32?: number;
}

/** The numbers from here on are negative ones such as -1: no system call has one. */
const NEGATIVE = 0x80000000;

/** The instructions; calls that they don't answer go on with the program appended to them. */
export function enosysStub(list: readonly NewestSyscall[]): Instruction[] {
  const out: (Instruction | typeof end)[] = [load(ARCH)];
  for (const one of list) {
    const section = sectionOf(one);
    out.push(ifEqual(one.arch, 1, 0), jump(section.length), ...section);
  }
  return withEnd(out);
}

/**
 * The instructions for one architecture. Each way through them ends or jumps to the end of the stub: the accumulator
 * holds the number of the call, which the next section would take for an architecture.
 */
function sectionOf({ newest, beyond, newestX32 }: NewestSyscall): (Instruction | typeof end)[] {
  if (newestX32 === undefined) {
    return [load(NR), ifGreater(newest, 1, 0), end, ifGreaterEqual(beyond, 1, 0), RETURN_ENOSYS, end];
  }
  return [
    load(NR),
    ifGreaterEqual(X32_BIT, 2, 0),
    ifGreater(newest, 3, 0),
    end,
    ifGreater(newestX32, 0, 2),
    ifGreaterEqual(NEGATIVE, 1, 0),
    RETURN_ENOSYS,
    end,
  ];
}
