import type { Rlimit } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import { type NameTable, numberOf } from '../steps/name-table.js';

/** RLIMIT_* by number: include/uapi/asm-generic/resource.h, the same on x86, arm, riscv, s390 and ppc. */
export const rlimitNumbers: NameTable = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
};

/**
 * Steps for process.rlimits, in two turns. Hard limits are raised at the very start, while the process may (CAP_SYS_RESOURCE in
 * the initial user namespace); everything is set to its value at the end, which needs no right, so that a small
 * RLIMIT_NOFILE or RLIMIT_AS doesn't hit init itself.
 */
export function planRlimits(
  rlimits: readonly Rlimit[] | undefined,
  pointer: string,
  raise: boolean,
  builder: PlanBuilder,
): void {
  (rlimits ?? []).forEach(({ type, soft, hard }, i) => {
    const from = `${pointer}/rlimits/${i}`;
    // Said once, of two turns.
    const resource = raise
      ? builder.lookUp(rlimitNumbers, type, 'resource limit', `${from}/type`)
      : numberOf(rlimitNumbers, type);
    if (resource === undefined) return;
    builder.add(from, {
      step: 'rlimit',
      resource,
      soft: BigInt.asUintN(64, BigInt(soft)),
      hard: BigInt.asUintN(64, BigInt(hard)),
      raise: raise ? 1 : 0,
    });
  });
}
