import type { Spec } from '../../config/spec.js';
import type { PlanBuilder } from './builder.js';

/** Steps for hostname and domainname, which the checks of the config allow only with a uts namespace. */
export function planNames(spec: Spec, builder: PlanBuilder): void {
  if (spec.hostname) builder.add('/hostname', { step: 'hostname', name: spec.hostname });
  if (spec.domainname) builder.add('/domainname', { step: 'domainname', name: spec.domainname });
}
