/** linux.memoryPolicy: on which NUMA nodes the process gets its memory. */
import { quote } from '../../base/quote.js';
import type { Spec } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';
import type { NameTable } from '../steps/name-table.js';
import { listBits } from './cpu-mask.js';

/** The modes of set_mempolicy(2): include/uapi/linux/mempolicy.h. */
export const memoryPolicyModes: NameTable = {
  MPOL_DEFAULT: 0,
  MPOL_PREFERRED: 1,
  MPOL_BIND: 2,
  MPOL_INTERLEAVE: 3,
  MPOL_LOCAL: 4,
  MPOL_PREFERRED_MANY: 5,
  MPOL_WEIGHTED_INTERLEAVE: 6,
};

/** The flags of set_mempolicy(2), which the kernel takes in the upper bits of the mode. */
export const memoryPolicyFlags: NameTable = {
  MPOL_F_STATIC_NODES: 1 << 15,
  MPOL_F_RELATIVE_NODES: 1 << 14,
  MPOL_F_NUMA_BALANCING: 1 << 13,
};
/** The bits of the mode without its flags. */
export const MODE_MASK = (1 << 13) - 1;

/** Adds the step for linux.memoryPolicy. Unknown names and a malformed list of nodes are noted as problems. */
export function planMemoryPolicy(spec: Spec, builder: PlanBuilder): void {
  const policy = spec.linux?.memoryPolicy;
  if (policy === undefined) return;
  const pointer = '/linux/memoryPolicy';
  let mode = builder.lookUp(memoryPolicyModes, policy.mode, 'memory policy', `${pointer}/mode`);
  if (mode === undefined) return;
  for (const [i, name] of (policy.flags ?? []).entries()) {
    mode |= builder.lookUp(memoryPolicyFlags, name, 'memory policy flag', `${pointer}/flags/${i}`) ?? 0;
  }
  const nodes = policy.nodes ? listBits(policy.nodes) : new Uint8Array();
  if (nodes === undefined) {
    builder.problem(
      'config',
      `${pointer}/nodes`,
      `${quote(policy.nodes ?? '')} is no list of memory nodes`,
      'e.g. 0-1',
    );
  } else builder.add(pointer, { step: 'memory-policy', mode, nodes });
}
