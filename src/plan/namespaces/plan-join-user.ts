import { CLONE_NEWUSER } from '../../native/flags.js';
import { finishHelper } from '../helper-plan.js';
import type { Plan } from '../plan.js';
import { PlanBuilder } from '../steps/builder.js';

/** Plans a process that joins the user namespace at path, for the runtime to read its maps; then it waits to be killed. */
export function planJoinUser(path: string): Plan {
  const builder = new PlanBuilder();
  builder.add('', { step: 'dumpable', value: 0 });
  const descriptor = builder.runtimeSlot({ kind: 'namespace', path, type: CLONE_NEWUSER, from: '' });
  builder.add('', { step: 'join-namespace', descriptor, type: CLONE_NEWUSER });
  return finishHelper(builder);
}
