/** Checks linux.memoryPolicy. */
import { quote } from '../../base/quote.js';
import { parseList } from '../cpu-list.js';
import type { Findings } from '../findings.js';
import type { Linux } from '../spec.js';

// The modes with which set_mempolicy(2) takes no nodes, and those that need some.
const withoutNodes = ['MPOL_DEFAULT', 'MPOL_LOCAL'];
const withNodes = ['MPOL_BIND', 'MPOL_INTERLEAVE', 'MPOL_WEIGHTED_INTERLEAVE', 'MPOL_PREFERRED_MANY'];
/** The most memory nodes that a kernel can be built for (CONFIG_NODES_SHIFT is at most 10). */
const mostNodes = 1024;

/** linux.memoryPolicy: notes combinations to which set_mempolicy(2) would answer EINVAL. */
export function checkMemoryPolicy(policy: Linux['memoryPolicy'], findings: Findings): void {
  if (policy === undefined) return;
  const pointer = '/linux/memoryPolicy';
  const nodes = policy.nodes ?? '';
  const list = parseList(nodes, mostNodes);
  if (list === undefined) {
    findings.problem(`${pointer}/nodes`, `is ${quote(nodes)}; must be a list of nodes such as "0-1,3"`);
  } else if (withoutNodes.includes(policy.mode) && list.length > 0) {
    findings.problem(`${pointer}/nodes`, `is given with ${policy.mode}; must be left out`);
  } else if (withNodes.includes(policy.mode) && list.length === 0 && !findings.isDamaged(`${pointer}/nodes`)) {
    findings.problem(
      `${pointer}/nodes`,
      `is ${policy.nodes === undefined ? 'missing' : 'empty'}; ${policy.mode} needs nodes`,
    );
  }
  const flags = policy.flags ?? [];
  if (flags.includes('MPOL_F_STATIC_NODES') && flags.includes('MPOL_F_RELATIVE_NODES')) {
    findings.problem(`${pointer}/flags`, 'has MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES; must have one of them');
  }
}
