import type { Spec } from '../config/spec.js';
import type { PlanBuilder } from './builder.js';
import { listBits } from './cpu-list.js';

/** set_mempolicy(2) modes, include/uapi/linux/mempolicy.h. */
export const memoryPolicyModes: Readonly<Record<string, number>> = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
};

export const memoryPolicyFlags: Readonly<Record<string, number>> = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
};

/** Step for linux.memoryPolicy. */
export function planMemoryPolicy(spec: Spec, builder: PlanBuilder): void {
  const policy = spec.linux?.memoryPolicy;
  if (policy === undefined) return;
  const from = '/linux/memoryPolicy';
  let mode = Object.hasOwn(memoryPolicyModes, policy.mode) ? memoryPolicyModes[policy.mode] : undefined;
  if (mode === undefined) {
    builder.problem(
      'config',
      `${from}/mode`,
      `unknown memory policy ${JSON.stringify(policy.mode)}`,
      `one of ${Object.keys(memoryPolicyModes).join(', ')}`,
    );
    return;
  }
  for (const [i, name] of (policy.flags ?? []).entries()) {
    const flag = Object.hasOwn(memoryPolicyFlags, name) ? memoryPolicyFlags[name] : undefined;
    if (flag === undefined) {
      builder.problem(
        'config',
        `${from}/flags/${i}`,
        `unknown memory policy flag ${JSON.stringify(name)}`,
        `one of ${Object.keys(memoryPolicyFlags).join(', ')}`,
      );
    } else mode |= flag;
  }
  const nodes = policy.nodes ? listBits(policy.nodes) : new Uint8Array();
  if (nodes === undefined) {
    builder.problem(
      'config',
      `${from}/nodes`,
      `${JSON.stringify(policy.nodes)} is no list of memory nodes`,
      'e.g. 0-1',
    );
  } else builder.add(from, { step: 'memory-policy', mode, nodes });
}
