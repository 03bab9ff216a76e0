/** Changes the schemata of a container's resctrl group, for `update`. */
import type { IntelRdt } from '../../config/spec.js';
import { planIntelRdt } from '../../plan/intel-rdt.js';
import { ownProcesses } from '../commands/own-processes.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { joinIntelRdt, writeSchemata } from './intel-rdt.js';
import { makeIntelRdtGroup } from './intel-rdt-group.js';

/** New lines for the schemata file of the container's resctrl group, e.g. `L3:0=f`, `MB:0=50`. */
export interface SchemataChange {
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
}

/**
 * Writes the schemata. A container without a resctrl group gets its own, and all its processes are moved there.
 * @param present linux.intelRdt of the container
 * @returns the changed linux.intelRdt, or undefined if nothing changes
 * @throws TsruncError with the pointer /linux/intelRdt; 'unsupported' if resctrl isn't mounted
 */
export function updateIntelRdt(
  rt: Runtime,
  state: StateFile,
  present: IntelRdt | undefined,
  change: SchemataChange,
): IntelRdt | undefined {
  if (!change.l3CacheSchema && !change.memBwSchema) return undefined;
  const { native } = rt;
  const intelRdt: IntelRdt = { ...present, ...change };
  const lines = [change.l3CacheSchema, change.memBwSchema].filter((line) => line !== undefined);
  const plan = planIntelRdt({ ociVersion: '', linux: { intelRdt } }, state.id)!;
  if (present !== undefined) {
    writeSchemata(native, { ...plan, schemata: lines });
    return intelRdt;
  }
  const group = makeIntelRdtGroup(rt, plan, state);
  for (const pid of new Set([state.pid, ...ownProcesses(native, state)])) joinIntelRdt(native, group, pid);
  return intelRdt;
}
