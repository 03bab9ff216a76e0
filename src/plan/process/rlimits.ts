/** process.rlimits: resource limits. */
import type { Rlimit } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import { type NameTable, numberOf } from '../steps/name-table.js';

/** The numbers of RLIMIT_*: include/uapi/asm-generic/resource.h, which x86, arm, riscv, s390 and ppc all use. */
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

/** The value of prlimit64 that means no limit. */
export const RLIM_INFINITY = 2n ** 64n - 1n;

/**
 * Adds steps for process.rlimits; called twice. Hard limits are raised at the very start, while the process still has
 * the right to (CAP_SYS_RESOURCE in the initial user namespace). The final values are set at the end, which needs no
 * right by then, so that a small RLIMIT_NOFILE or RLIMIT_AS doesn't hinder init itself.
 * @param raise true for the first call
 */
export function planRlimits(
  rlimits: readonly Rlimit[] | undefined,
  pointer: string,
  raise: boolean,
  builder: PlanBuilder,
): void {
  (rlimits ?? []).forEach(({ type, soft, hard }, i) => {
    const at = `${pointer}/rlimits/${i}`;
    // An unknown name is noted in the first call only.
    const resource = raise
      ? builder.lookUp(rlimitNumbers, type, 'resource limit', `${at}/type`)
      : numberOf(rlimitNumbers, type);
    if (resource === undefined) return;
    builder.add(at, {
      step: 'rlimit',
      resource,
      soft: BigInt.asUintN(64, BigInt(soft)),
      hard: BigInt.asUintN(64, BigInt(hard)),
      raise: raise ? 1 : 0,
    });
  });
}
