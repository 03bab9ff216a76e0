/** process.scheduler: the CPU scheduling policy of the process. */
import type { Scheduler } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';

/** The policies of sched(7): include/uapi/linux/sched.h. */
export const schedulerPolicies: NameTable = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

/** The flags of sched_setattr(2): include/uapi/linux/sched.h. */
export const schedulerFlags: NameTable<bigint> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01n,
  SCHED_FLAG_RECLAIM: 0x02n,
  SCHED_FLAG_DL_OVERRUN: 0x04n,
  SCHED_FLAG_KEEP_POLICY: 0x08n,
  SCHED_FLAG_KEEP_PARAMS: 0x10n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40n,
};

/**
 * Adds the step for process.scheduler; runtime, deadline and period are in nanoseconds. Unknown names are noted as
 * problems.
 * @param pointer JSON pointer of the process
 */
export function planScheduler(scheduler: Scheduler | undefined, pointer: string, builder: PlanBuilder): void {
  if (scheduler === undefined) return;
  const at = `${pointer}/scheduler`;
  const policy = builder.lookUp(schedulerPolicies, scheduler.policy, 'scheduling policy', `${at}/policy`);
  if (policy === undefined) return;
  let flags = 0n;
  (scheduler.flags ?? []).forEach((name, i) => {
    flags |= builder.lookUp(schedulerFlags, name, 'scheduling flag', `${at}/flags/${i}`) ?? 0n;
  });
  builder.add(at, {
    step: 'scheduler',
    policy,
    nice: scheduler.nice ?? 0,
    priority: scheduler.priority ?? 0,
    flags,
    runtime: BigInt(scheduler.runtime ?? 0),
    deadline: BigInt(scheduler.deadline ?? 0),
    period: BigInt(scheduler.period ?? 0),
  });
}
