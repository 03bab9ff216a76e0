/** process.execCPUAffinity: the CPUs that a process of `exec` may run on. */
import { quote } from '../../base/quote.js';
import type { PlanBuilder } from '../steps/builder.js';
import { listBits } from './cpu-mask.js';

/**
 * Adds the step for one of its lists, e.g. `0-3,7`; nothing for a missing or empty one. Text that is no list is noted
 * as a problem.
 */
export function planAffinity(list: string | undefined, pointer: string, builder: PlanBuilder): void {
  if (!list) return;
  const mask = listBits(list);
  if (mask === undefined) builder.problem('config', pointer, `${quote(list)} is no list of CPUs`, 'e.g. 0-3,7');
  else builder.add(pointer, { step: 'cpu-affinity', mask });
}
