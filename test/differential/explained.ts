/** Differences that are meant, each with the row of a page in docs that says why: what holds there is no fault. */

import { cgroups } from './explained/cgroups.js';
import { files } from './explained/files.js';
import { bindMounts } from './explained/mounts.js';
import { processes } from './explained/processes.js';
import { refusals } from './explained/refusals.js';
import type { Explanation, Seen } from './explained/seen.js';

export const explanations: readonly Explanation[] = [...refusals, ...processes, ...files, ...bindMounts, ...cgroups];

export function explanationOf(seen: Seen): Explanation | undefined {
  return explanations.find(({ holds }) => holds(seen));
}
