/** linux.intelRdt: the class of service of a container. */
import type { Spec } from '../config/spec.js';
import type { PlannedIntelRdt } from './plan.js';

/**
 * The settings for resctrl (config-linux.md, "IntelRdt"), or undefined without linux.intelRdt. If no closID is given,
 * the class is named after the container and removed with it. The specification has the lines of the deprecated
 * l3CacheSchema and memBwSchema come before those of schemata.
 */
export function planIntelRdt(spec: Spec, id: string): PlannedIntelRdt | undefined {
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
    pointer: '/linux/intelRdt',
  };
}
