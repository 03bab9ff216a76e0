import { capabilityNames } from '../config/capability-names.js';
import { ioPriorityClasses } from './io-priority.js';
import { memoryPolicyFlags, memoryPolicyModes } from './memory-policy.js';
import { mountOptions } from './mount-options.js';
import { namespaceTypes } from './namespaces.js';
import { personalities } from './personality.js';
import { rlimitNumbers } from './rlimits.js';
import { rootPropagations } from './rootfs.js';
import { schedulerFlags, schedulerPolicies } from './scheduler.js';
import { seccompFlags } from './seccomp-flags.js';
import { kernelActions, seccompActions, seccompArchitectures, seccompOperators } from './seccomp-numbers.js';

/** What the planner accepts, from the tables it works with, sorted: for `features`. */
export const plannerFeatures = {
  hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
  mountOptions: Object.keys(mountOptions).sort(),
  namespaces: Object.keys(namespaceTypes).sort(),
  capabilities: [...capabilityNames],
  rlimits: Object.keys(rlimitNumbers).sort(),
  rootfsPropagations: Object.keys(rootPropagations).sort(),
  personalities: Object.keys(personalities).sort(),
  schedulerPolicies: Object.keys(schedulerPolicies).sort(),
  schedulerFlags: Object.keys(schedulerFlags).sort(),
  ioPriorityClasses: Object.keys(ioPriorityClasses).sort(),
  memoryPolicyModes: Object.keys(memoryPolicyModes).sort(),
  memoryPolicyFlags: Object.keys(memoryPolicyFlags).sort(),
  seccompActions: Object.keys(seccompActions).sort(),
  seccompOperators: Object.keys(seccompOperators).sort(),
  seccompArchitectures: Object.keys(seccompArchitectures).sort(),
  seccompFlags: Object.keys(seccompFlags).sort(),
} as const;

/** The capabilities this kernel has, up to the number of the last. */
export function supportedCapabilities(lastCapability: number): string[] {
  return capabilityNames.slice(0, lastCapability + 1);
}

/** Of the flags we take, those the kernel knows: the first number of Native.seccompKernel. */
export function supportedSeccompFlags(mask: number): string[] {
  return Object.keys(seccompFlags)
    .filter((name) => (seccompFlags[name]! & mask) !== 0)
    .sort();
}

/** Of the actions we take, those the kernel knows: the second number of Native.seccompKernel. */
export function supportedSeccompActions(mask: number): string[] {
  const names = kernelActions.filter((_, bit) => mask & (1 << bit));
  if (names.includes('SCMP_ACT_KILL_THREAD')) names.push('SCMP_ACT_KILL');
  return names.sort();
}
