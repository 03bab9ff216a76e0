/** Describes the plan of another process in a container, for `explain exec`. */
import type { Seccomp } from '../../config/spec.js';
import type { ProcessPlan } from '../plan.js';
import { seccompSummary } from '../seccomp/seccomp-summary.js';
import { slotText } from './explain.js';
import { explainStep } from './explain-steps.js';
import type { Line } from './line.js';

/** What is done by the plan of a process, in order. @param cloneInto directory of the v2 cgroup it is born into, or '' */
export function execLines(plan: ProcessPlan, cloneInto: string): Line[] {
  const lines: Line[] = [];
  const runtime = (pointer: string, text: string, of: Line['of']): void => {
    lines.push({ actor: 'runtime', text, pointer, of });
  };
  runtime('', `start init${cloneInto === '' ? '' : ` in cgroup ${cloneInto}`}`, 'spawn');
  if (plan.seccomp !== undefined) {
    const profile: Seccomp = plan.seccomp.profile;
    runtime('', `compile the container's seccomp filter (${seccompSummary(profile)})`, plan.seccomp);
  }
  for (const slot of plan.slots) runtime(slot.pointer, `open ${slotText(slot)}`, slot);
  for (const step of plan.steps)
    lines.push({ actor: 'init', text: explainStep(step, plan), pointer: step.pointer, of: step });
  return lines;
}
