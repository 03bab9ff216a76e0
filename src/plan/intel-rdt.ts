import type { Spec } from '../config/spec.js';
import type { Plan } from './plan.js';

/**
 * What resctrl is to be set to. Without a closID of its own the class is named after the container, and goes with it.
 * The lines of the deprecated l3CacheSchema and memBwSchema come before those of schemata, as the specification has it.
 */
export function planIntelRdt(spec: Spec, id: string): Plan['intelRdt'] {
  const rdt = spec.linux?.intelRdt;
  if (rdt === undefined) return undefined;
  const schemata = [rdt.l3CacheSchema, rdt.memBwSchema, ...(rdt.schemata ?? [])]
    .flatMap((text) => (text ?? '').split('\n'))
    .filter((line) => line !== '');
  return {
    closID: rdt.closID || id,
    explicit: Boolean(rdt.closID),
    schemata,
    monitoring: rdt.enableMonitoring === true,
    from: '/linux/intelRdt',
  };
}
