import { capabilityNames } from '../config/capability-names.js';
import { mountOptions } from '../config/mount-options.js';
import { namespaceTypes } from '../config/namespace-types.js';
import { memoryPolicyFlags, memoryPolicyModes } from './process/memory-policy.js';
import { seccompFlags } from './seccomp/seccomp-flags.js';
import { kernelActions, seccompActions, seccompArchitectures, seccompOperators } from './seccomp/seccomp-numbers.js';

/** What the planner accepts, from the tables it works with, sorted: for `features`. */
export function plannerFeatures() {
  return {
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: Object.keys(mountOptions).sort(),
    namespaces: Object.keys(namespaceTypes).sort(),
    memoryPolicyModes: Object.keys(memoryPolicyModes).sort(),
    memoryPolicyFlags: Object.keys(memoryPolicyFlags).sort(),
    seccompActions: Object.keys(seccompActions).sort(),
    seccompOperators: Object.keys(seccompOperators).sort(),
    seccompArchitectures: Object.keys(seccompArchitectures).sort(),
    seccompFlags: Object.keys(seccompFlags).sort(),
  };
}

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
