/** Makes the resctrl group of a container and notes it in its state. */
import type { PlannedIntelRdt } from '../../plan/plan.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { writeState } from '../state/state-store.js';
import { type IntelRdtGroup, intelRdtGroup, makeIntelRdt } from './intel-rdt.js';

/**
 * Makes the resctrl group of a container. The state names the group before it is made: whenever the command dies,
 * `delete --force` finds it.
 * @throws TsruncError as intelRdtGroup and makeIntelRdt
 */
export function makeIntelRdtGroup(rt: Runtime, rdt: PlannedIntelRdt, state: StateFile): IntelRdtGroup {
  const group = intelRdtGroup(rt.native, rdt, state.id);
  const before = state.intelRdt;
  state.intelRdt = group.made;
  writeState(rt, state);
  try {
    makeIntelRdt(rt.native, rdt, state.id, state.cgroup.mark);
  } catch (error) {
    // makeIntelRdt has removed what it made.
    state.intelRdt = before;
    writeState(rt, state);
    throw error;
  }
  return group;
}
