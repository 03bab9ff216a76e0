/** Plans the helper that brings the loopback interface up in a container that criu makes. */
import { CLONE_NEWNET } from '../../native/flags.js';
import { beginHelper, finishHelper } from '../helper-plan.js';
import type { ProcessPlan } from '../plan.js';

/** Plans a process that brings `lo` up in the network namespace of the process `pid`. */
export function planLoopback(pid: number): ProcessPlan {
  const builder = beginHelper();
  const slot = builder.runtimeSlot({ kind: 'namespace', path: `/proc/${pid}/ns/net`, type: CLONE_NEWNET, pointer: '' });
  builder.add('', { step: 'join-namespace', descriptor: slot, type: CLONE_NEWNET });
  builder.add('', { step: 'loopback' });
  return finishHelper(builder);
}
