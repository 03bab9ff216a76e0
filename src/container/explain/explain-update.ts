/** Says what `update` would do, for `explain update`. */
import { resourceProperties } from '../../cgroup/systemd/resources.js';
import type { Resources } from '../../config/spec.js';
import { operationText, propertyText } from '../../plan/explain/explain.js';
import type { Line } from '../../plan/explain/line.js';
import type { PlanWarning } from '../../plan/plan.js';
import { SystemdManager } from '../../systemd/manager.js';
import { explainUpdate, type UpdateExplanation } from '../commands/update.js';
import type { SchemataChange } from '../resctrl/intel-rdt-update.js';
import type { Runtime } from '../runtime.js';

/**
 * What `update` would do, in order; nothing is changed.
 * @param changes the limits to change; pointers are into this document
 * @throws TsruncError as updateContainer, as far as nothing has to be done to find out
 */
export function updateLines(
  rt: Runtime,
  id: string,
  changes: Resources,
  schemata: SchemataChange = {},
): { readonly lines: Line[]; readonly warnings: readonly PlanWarning[] } {
  const explained = explainUpdate(rt, id, changes);
  const { operations, warnings } = explained.update;
  const lines: Line[] = unitLines(rt, explained);
  const add = (pointer: string, text: string, of: Line['of']): void => {
    lines.push({ actor: 'runtime', text, pointer, of });
  };
  for (const operation of operations) add(operation.pointer, operationText(operation), operation);
  for (const line of [schemata.l3CacheSchema, schemata.memBwSchema])
    if (line) add('/linux/intelRdt', `write ${JSON.stringify(line)} to the schemata of its resctrl group`, schemata);
  add('', "note the limits in the container's copy of config.json", 'state');
  return { lines, warnings };
}

function unitLines(rt: Runtime, { state, update }: UpdateExplanation): Line[] {
  const { systemd, paths } = state.cgroup;
  if (systemd === undefined) return [];
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user: systemd.user });
  try {
    const v2 = Object.keys(paths).every((key) => key === '');
    const { version } = manager.facts();
    return resourceProperties(update.limits, { v2, version, unit: 'running', pointer: '' }).map((property) => ({
      actor: 'runtime',
      text: `have systemd set ${property.name}=${propertyText(property.value)} of the unit ${systemd.unit}`,
      pointer: property.pointer,
      of: property,
    }));
  } finally {
    manager.close();
  }
}
