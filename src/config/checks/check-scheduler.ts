/** Checks process.scheduler. */
import type { Findings } from '../findings.js';
import type { Scheduler } from '../spec.js';

/** The least runtime the kernel takes, in nanoseconds: 2^DL_SCALE (kernel/sched/deadline.c). */
const leastRuntime = 1024;

/** Flags that make the kernel ignore other members, and which ones. */
const keepFlags = [
  ['SCHED_FLAG_KEEP_POLICY', 'policy'],
  ['SCHED_FLAG_KEEP_PARAMS', 'priority, nice and times'],
] as const;

/** process.scheduler: each policy takes only some of the members, and values within bounds (sched_setattr(2), sched(7)). */
export function checkScheduler(scheduler: Scheduler | undefined, pointer: string, findings: Findings): void {
  if (scheduler === undefined) return;
  const { policy, nice = 0, priority = 0 } = scheduler;
  if (policy === 'SCHED_ISO') findings.problem(`${pointer}/policy`, 'is SCHED_ISO; no Linux kernel has it');
  if (nice < -20 || nice > 19) findings.problem(`${pointer}/nice`, `is ${nice}; must be between -20 and 19`);
  const realtime = policy === 'SCHED_FIFO' || policy === 'SCHED_RR';
  if (realtime && (priority < 1 || priority > 99) && !findings.isDamaged(`${pointer}/priority`)) {
    const what = scheduler.priority === undefined ? 'is missing' : `is ${priority}`;
    findings.problem(`${pointer}/priority`, `${what}; ${policy} needs one between 1 and 99`);
  } else if (!realtime && priority !== 0) {
    findings.problem(`${pointer}/priority`, `is given with ${policy}; only SCHED_FIFO and SCHED_RR have a priority`);
  }
  for (const [flag, what] of keepFlags) {
    const at = scheduler.flags?.indexOf(flag) ?? -1;
    if (at >= 0)
      findings.warn(`${pointer}/flags/${at}`, `${flag} leaves the ${what} as it is: what is given here has no effect`);
  }
  if (policy === 'SCHED_DEADLINE') checkDeadline(scheduler, pointer, findings);
  else {
    for (const name of ['runtime', 'deadline', 'period'] as const) {
      if ((scheduler[name] ?? 0) > 0) {
        findings.problem(`${pointer}/${name}`, `is given with ${policy}; only SCHED_DEADLINE has it`);
      }
    }
  }
}

/** The longest time in nanoseconds: the kernel refuses times with the highest bit set (kernel/sched/deadline.c, __checkparam_dl). */
const longestTime = 2n ** 63n - 1n;

/** SCHED_DEADLINE wants runtime <= deadline <= period; without a period the kernel takes the deadline for it (sched(7)). */
function checkDeadline(
  { runtime = 0, deadline = 0, period = 0 }: Scheduler,
  pointer: string,
  findings: Findings,
): void {
  if (findings.isDamaged(pointer)) return;
  if (runtime < leastRuntime)
    findings.problem(`${pointer}/runtime`, `is ${runtime}; must be at least ${leastRuntime} (ns)`);
  if (deadline < runtime) {
    findings.problem(`${pointer}/deadline`, `is ${deadline}; must be at least runtime, which is ${runtime}`);
  }
  for (const [name, time] of Object.entries({ runtime, deadline, period })) {
    if (time > longestTime) findings.problem(`${pointer}/${name}`, `is ${time}; must be at most ${longestTime} (ns)`);
  }
  if (period > 0 && period < deadline) {
    findings.problem(`${pointer}/period`, `is ${period}; must be at least deadline, which is ${deadline}`);
  }
}
