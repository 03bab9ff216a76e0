/** What `features` reports about the planner, taken from the tables that the planner itself works with. */
import { capabilityNames } from '../config/capability-names.js';
import { mountOptions } from '../config/mount-options.js';
import { namespaceTypes } from '../config/namespace-types.js';
import { memoryPolicyFlags, memoryPolicyModes } from './process/memory-policy.js';
import { seccompFlags } from './seccomp/seccomp-flags.js';
import { kernelActions, seccompActions, seccompArchitectures, seccompOperators } from './seccomp/seccomp-numbers.js';

/**
 * The names the planner accepts in a configuration, each list sorted except hooks, which are in the order they run.
 */
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

/**
 * The names of the capabilities this kernel has.
 * @param lastCapability number of the last one (/proc/sys/kernel/cap_last_cap)
 */
export function supportedCapabilities(lastCapability: number): string[] {
  return capabilityNames.slice(0, lastCapability + 1);
}

/**
 * The names of those filter flags we accept that the kernel knows, sorted.
 * @param mask SECCOMP_FILTER_FLAG_* bits: the first number of Native.seccompKernel
 */
export function supportedSeccompFlags(mask: number): string[] {
  return Object.keys(seccompFlags)
    .filter((name) => (seccompFlags[name]! & mask) !== 0)
    .sort();
}

/**
 * The names of those actions we accept that the kernel knows, sorted. SCMP_ACT_KILL is the older name of KILL_THREAD.
 * @param mask a bit for each entry of kernelActions: the second number of Native.seccompKernel
 */
export function supportedSeccompActions(mask: number): string[] {
  const names = kernelActions.filter((_, bit) => mask & (1 << bit));
  if (names.includes('SCMP_ACT_KILL_THREAD')) names.push('SCMP_ACT_KILL');
  return names.sort();
}
