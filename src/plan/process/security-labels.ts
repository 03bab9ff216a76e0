/** AppArmor profiles and SELinux labels. */
import { quote } from '../../base/quote.js';
import type { Process, Spec } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { PlanBuilder } from '../steps/builder.js';

/**
 * Adds the step for process.apparmorProfile. On a host without AppArmor that is a problem, not a warning: the
 * container would run with less protection than asked for.
 * @param pointer JSON pointer of the process
 */
export function planApparmor(process: Process, pointer: string, facts: HostFacts, builder: PlanBuilder): void {
  const profile = process.apparmorProfile;
  const at = `${pointer}/apparmorProfile`;
  if (!profile) return;
  if (facts.apparmor) builder.add(at, { step: 'apparmor-profile', profile });
  else refuse('AppArmor', `profile ${quote(profile)}`, at, builder);
}

/**
 * Adds the step for process.selinuxLabel. On a host without SELinux that is a problem, see planApparmor.
 * @param pointer JSON pointer of the process
 */
export function planSelinux(process: Process, pointer: string, facts: HostFacts, builder: PlanBuilder): void {
  const label = process.selinuxLabel;
  const at = `${pointer}/selinuxLabel`;
  if (!label) return;
  if (facts.selinux) builder.add(at, { step: 'selinux-label', label });
  else refuse('SELinux', `label ${quote(label)}`, at, builder);
}

/**
 * Warns that linux.mountLabel has no effect on a host without SELinux. It isn't a problem there, as the label doesn't
 * confine the process; the conformance suite of the OCI expects such a container to run. planMounts and planPaths set
 * the label.
 */
export function checkMountLabel({ linux }: Spec, facts: HostFacts, builder: PlanBuilder): void {
  if (linux?.mountLabel && !facts.selinux)
    builder.warn('/linux/mountLabel', 'SELinux is not enabled on this host: mountLabel is ignored');
}

function refuse(module: string, what: string, pointer: string, builder: PlanBuilder): void {
  const message = `${module} is not enabled on this host: ${what} can't be set`;
  builder.problem('unsupported', pointer, message, `remove the field, or boot with ${module} enabled`);
}
