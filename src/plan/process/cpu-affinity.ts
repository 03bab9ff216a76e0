import { quote } from '../../base/quote.js';
import type { PlanBuilder } from '../steps/builder.js';
import { listBits } from './cpu-mask.js';

/** Step for one of process.execCPUAffinity's lists, e.g. `0-3,7`. */
export function planAffinity(list: string | undefined, from: string, builder: PlanBuilder): void {
  if (!list) return;
  const mask = listBits(list);
  if (mask === undefined) builder.problem('config', from, `${quote(list)} is no list of CPUs`, 'e.g. 0-3,7');
  else builder.add(from, { step: 'cpu-affinity', mask });
}
