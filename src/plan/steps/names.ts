/** hostname and domainname: the names of a uts namespace. */
import type { Spec } from '../../config/spec.js';
import type { PlanBuilder } from './builder.js';

/** Adds the steps that set them. The checks of the configuration allow these names only with a uts namespace. */
export function planNames(spec: Spec, builder: PlanBuilder): void {
  if (spec.hostname) builder.add('/hostname', { step: 'hostname', name: spec.hostname });
  if (spec.domainname) builder.add('/domainname', { step: 'domainname', name: spec.domainname });
}
