import { CLONE_NEWNET } from '../../native/flags.js';
import { finishHelper } from '../helper-plan.js';
import type { Plan } from '../plan.js';
import { PlanBuilder } from '../steps/builder.js';

/** Plans a process that brings `lo` up in the network namespace of another. */
export function planLoopback(pid: number): Plan {
  const builder = new PlanBuilder();
  const slot = builder.runtimeSlot({ kind: 'namespace', path: `/proc/${pid}/ns/net`, type: CLONE_NEWNET, from: '' });
  builder.add('', { step: 'dumpable', value: 0 });
  builder.add('', { step: 'join-namespace', descriptor: slot, type: CLONE_NEWNET });
  builder.add('', { step: 'loopback' });
  return finishHelper(builder);
}
