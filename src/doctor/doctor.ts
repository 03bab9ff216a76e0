/** The operation behind `doctor`: looks at what this machine can do, group by group. */
import { hostFacts } from '../container/creation/host-facts.js';
import { runHelper } from '../container/init/helper-process.js';
import type { Runtime } from '../container/runtime.js';
import { finishHelper } from '../plan/helper-plan.js';
import { isHostRoot } from '../plan/host-facts.js';
import { PlanBuilder } from '../plan/steps/builder.js';
import { examineCgroups } from './cgroup-layout.js';
import { examineCriu } from './criu.js';
import { examineDevices } from './devices.js';
import { examineIdRanges } from './id-ranges.js';
import { examineIdmappedMounts } from './idmapped-mounts.js';
import { examineKernel } from './kernel-calls.js';
import { examineLeftovers } from './leftovers.js';
import { examineLimits } from './limits.js';
import { type DoctorGroup, type DoctorLine, type Examination, limited } from './line.js';
import { examineNamespaces } from './namespaces.js';
import { errorOf } from './proc-text.js';
import { examineSeccomp } from './seccomp.js';
import { examineSecurityModules } from './security-modules.js';
import { examineStateDirectory } from './state-directory.js';
import { examineSystemd } from './systemd.js';
import { examineUserNamespaces } from './user-namespaces.js';

/**
 * Looks at this machine, as the user who asks: by doing things in processes that are ended at once, and by asking the kernel.
 * Nothing is left behind.
 * @throws TsruncError 'system' if /proc can't be read
 */
export function examineMachine(rt: Runtime): DoctorGroup[] {
  const facts = hostFacts(rt);
  const examination: Examination = {
    rt,
    facts,
    isRoot: isHostRoot(facts),
    attempt: (add, look) =>
      errorOf(() => {
        const builder = new PlanBuilder();
        add(builder);
        runHelper(rt, finishHelper(builder), { directory: '' }, look);
      }),
  };
  return groups.map(([name, examine]) => {
    let group: DoctorGroup | undefined;
    const error = errorOf(() => {
      group = { name, lines: examine(examination) };
    });
    // What a security module hides from us, for example; the other groups tell more.
    return group ?? { name, lines: [limited('all', `could not be looked at: ${error?.message}`)] };
  });
}

/** The groups, in the order in which they are printed. */
const groups: readonly (readonly [name: string, examine: (examination: Examination) => readonly DoctorLine[]])[] = [
  ['kernel', examineKernel],
  ['namespaces', examineNamespaces],
  ['user namespaces', examineUserNamespaces],
  ['id ranges', examineIdRanges],
  ['idmapped mounts', examineIdmappedMounts],
  ['cgroups', examineCgroups],
  ['systemd', examineSystemd],
  ['seccomp', examineSeccomp],
  ['security modules', examineSecurityModules],
  ['devices', examineDevices],
  ['state', examineStateDirectory],
  ['limits', examineLimits],
  ['criu', examineCriu],
  ['leftovers', examineLeftovers],
];
