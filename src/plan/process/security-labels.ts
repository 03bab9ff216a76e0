import { quote } from '../../base/quote.js';
import type { Process, Spec } from '../../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import type { PlanBuilder } from '../steps/builder.js';

/**
 * Steps for process.apparmorProfile and process.selinuxLabel. A label that can't be set is an error: the container would run
 * with less protection than asked for.
 */
export function planApparmor(process: Process, pointer: string, facts: HostFacts, builder: PlanBuilder): void {
  if (!process.apparmorProfile) return;
  const from = `${pointer}/apparmorProfile`;
  if (facts.apparmor) builder.add(from, { step: 'apparmor-profile', profile: process.apparmorProfile });
  else {
    const message = `AppArmor is not enabled on this host: profile ${quote(process.apparmorProfile)} can't be set`;
    builder.problem('unsupported', from, message, 'remove the field, or boot with AppArmor enabled');
  }
}

/** See planApparmor. */
export function planSelinux(process: Process, pointer: string, facts: HostFacts, builder: PlanBuilder): void {
  if (!process.selinuxLabel) return;
  const from = `${pointer}/selinuxLabel`;
  if (facts.selinux) builder.add(from, { step: 'selinux-label', label: process.selinuxLabel });
  else noSelinux(process.selinuxLabel, from, builder);
}

/**
 * linux.mountLabel, which planMounts and planPaths give to what they mount. Nothing is confined by it where nothing is confined by
 * labels: a warning, as the conformance suite of the OCI has it.
 */
export function checkMountLabel({ linux }: Spec, facts: HostFacts, builder: PlanBuilder): void {
  if (linux?.mountLabel && !facts.selinux)
    builder.warn('/linux/mountLabel', 'SELinux is not enabled on this host: mountLabel is ignored');
}

function noSelinux(label: string, from: string, builder: PlanBuilder): void {
  const message = `SELinux is not enabled on this host: label ${quote(label)} can't be set`;
  builder.problem('unsupported', from, message, 'remove the field, or boot with SELinux enabled');
}
