/** What is foretold of the seccomp filter: that it compiles, and lets the program be executed. */
import { TsruncError } from '../../base/error.js';
import type { Seccomp } from '../../config/spec.js';
import { S_IFMT, S_IFSOCK } from '../../native/flags.js';
import type { ContainerPlan } from '../../plan/plan.js';
import { tryFilter } from '../creation/seccomp-filter.js';
import type { Runtime } from '../runtime.js';
import { fails, unknown, type Verdict, type Verdicts, WORKS } from './verdict.js';

/** BPF_MAXINSNS, the most instructions of a filter (seccomp(2), EINVAL). */
const MOST_INSTRUCTIONS = 4096;
/** Actions by which a system call is carried out. */
const carriesOut = ['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG'];

/**
 * Compiles the profile of a plan, which changes nothing.
 * @returns what is foretold of executing the program under it
 */
export function foretellSeccomp(rt: Runtime, plan: ContainerPlan, verdicts: Verdicts): Verdict {
  const { seccomp } = plan;
  if (seccomp === undefined) return WORKS;
  const step = plan.steps[seccomp.step];
  const [known = 0] = rt.native.seccompKernel();
  const verdict = filterVerdict(rt, plan);
  verdicts.set(seccomp, verdict);
  if (step?.step !== 'seccomp') return WORKS;
  const lacking = step.flags & ~known;
  if (verdict.outcome === 'fails') verdicts.set(step, unknown('there is no filter to load'));
  else if (lacking !== 0) verdicts.set(step, fails('this kernel lacks a flag of the filter', '/linux/seccomp/flags'));
  else verdicts.set(step, foretellListener(rt, seccomp.profile));
  return allowsExecution(seccomp.profile);
}

function filterVerdict(rt: Runtime, { seccomp }: ContainerPlan): Verdict {
  try {
    const count = tryFilter(rt, seccomp!);
    if (count <= MOST_INSTRUCTIONS) return WORKS;
    return fails(`the filter has ${count} instructions, and the kernel takes ${MOST_INSTRUCTIONS}`);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return fails(error.message, error.pointer);
  }
}

function foretellListener({ native }: Runtime, { listenerPath }: Seccomp): Verdict {
  if (!listenerPath) return WORKS;
  const stat = native.stat(listenerPath, true);
  if (stat === null || (stat.mode & S_IFMT) !== S_IFSOCK)
    return fails(`${listenerPath}: there is no socket`, '/linux/seccomp/listenerPath');
  return unknown('whether anybody listens there can not be seen');
}

/** Whether execve(2) is carried out under a profile. */
function allowsExecution({ defaultAction, syscalls = [] }: Seccomp): Verdict {
  const rules = syscalls.filter(({ names }) => names.includes('execve'));
  const [rule] = rules;
  const conditional = rules.some(({ args }) => args !== undefined && args.length > 0);
  if (rules.length > 1 || conditional) return unknown('the profile has conditions for execve');
  const action = rule?.action ?? defaultAction;
  if (carriesOut.includes(action)) return WORKS;
  if (action === 'SCMP_ACT_NOTIFY') return unknown('the seccomp agent decides on execve');
  return fails(`the seccomp profile answers execve with ${action}`, '/linux/seccomp');
}
