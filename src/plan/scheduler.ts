import type { Scheduler } from '../config/spec.js';
import type { PlanBuilder } from './builder.js';

/** sched(7) policies, include/uapi/linux/sched.h. */
export const schedulerPolicies: Readonly<Record<string, number>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: 4,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

/** sched_setattr(2) flags. */
export const schedulerFlags: Readonly<Record<string, bigint>> = {
  SCHED_FLAG_RESET_ON_FORK: 0x01n,
  SCHED_FLAG_RECLAIM: 0x02n,
  SCHED_FLAG_DL_OVERRUN: 0x04n,
  SCHED_FLAG_KEEP_POLICY: 0x08n,
  SCHED_FLAG_KEEP_PARAMS: 0x10n,
  SCHED_FLAG_UTIL_CLAMP_MIN: 0x20n,
  SCHED_FLAG_UTIL_CLAMP_MAX: 0x40n,
};

/** Step for process.scheduler. */
export function planScheduler(scheduler: Scheduler | undefined, pointer: string, builder: PlanBuilder): void {
  if (scheduler === undefined) return;
  const from = `${pointer}/scheduler`;
  const policy = Object.hasOwn(schedulerPolicies, scheduler.policy) ? schedulerPolicies[scheduler.policy] : undefined;
  if (policy === undefined) {
    builder.problem(
      'config',
      `${from}/policy`,
      `unknown scheduling policy ${JSON.stringify(scheduler.policy)}`,
      `one of ${Object.keys(schedulerPolicies).join(', ')}`,
    );
    return;
  }
  let flags = 0n;
  (scheduler.flags ?? []).forEach((name, i) => {
    const flag = Object.hasOwn(schedulerFlags, name) ? schedulerFlags[name] : undefined;
    if (flag === undefined) {
      builder.problem(
        'config',
        `${from}/flags/${i}`,
        `unknown scheduling flag ${JSON.stringify(name)}`,
        `one of ${Object.keys(schedulerFlags).join(', ')}`,
      );
    } else flags |= flag;
  });
  builder.add(from, {
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
