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
import { X32_BIT } from './seccomp-numbers.js';

/**
 * A few instructions before libseccomp's filter: system calls newer than any the profile names get ENOSYS, not the default
 * action's errno. glibc falls back to an older call on ENOSYS only, and a profile can't name what was not there when it was
 * written; runc does the same. What isn't a number of the architecture's own (another ABI's, a private call, -1) is nothing
 * newer: it is the filter's affair.
 */

/** SECCOMP_RET_ERRNO | ENOSYS. */
const RETURN_ENOSYS = answer(0x00050000 | ENOSYS);

/** The newest system call the profile names for one architecture of seccomp_data. */
export interface NewestSyscall {
  /** AUDIT_ARCH_*. */
  arch: number;
  newest: number;
  /** The first number that no later system call of the architecture can have. */
  beyond: number;
  /** x86-64 with x32 in the profile: the newest of x32, the bit included. */
  newestX32?: number;
}

/** No table of any architecture gets there, x32's apart. */
const NEGATIVE = 0x80000000;

/** The instructions; what they don't answer goes on with what follows them. */
export function enosysStub(list: readonly NewestSyscall[]): Instruction[] {
  const out: (Instruction | typeof end)[] = [load(ARCH)];
  for (const one of list) {
    const section = sectionOf(one);
    out.push(ifEqual(one.arch, 1, 0), jump(section.length), ...section);
  }
  return withEnd(out);
}

/** Ends in every case: the number is in the accumulator, which the next section would take for an architecture. */
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
