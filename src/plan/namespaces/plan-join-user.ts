/** Plans the helper by which the runtime reads the id maps of a user namespace that is joined by path. */
import { CLONE_NEWUSER } from '../../native/flags.js';
import { beginHelper, finishHelper } from '../helper-plan.js';
import type { ProcessPlan } from '../plan.js';

/**
 * Plans a process that joins the user namespace at path and then waits to be killed: the runtime reads the maps from
 * /proc/PID/uid_map of that process, as the kernel shows them only for a process in the namespace
 * (user_namespaces(7)).
 */
export function planJoinUser(path: string): ProcessPlan {
  const builder = beginHelper();
  const descriptor = builder.runtimeSlot({ kind: 'namespace', path, type: CLONE_NEWUSER, pointer: '' });
  builder.add('', { step: 'join-namespace', descriptor, type: CLONE_NEWUSER });
  return finishHelper(builder);
}
