import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import type { Spec } from '../../config/spec.js';
import { sysctlPath } from '../../config/sysctl-name.js';
import type { PlanBuilder } from '../steps/builder.js';

/** Steps for linux.sysctl. */
export function planSysctl(spec: Spec, builder: PlanBuilder): void {
  for (const [name, value] of Object.entries(spec.linux?.sysctl ?? {})) {
    const from = joinPointer('/linux/sysctl', name);
    const path = sysctlPath(name);
    if (path === undefined)
      builder.problem('config', from, `${quote(name)} is no name of a kernel parameter`, 'e.g. net.ipv4.ip_forward');
    else builder.add(from, { step: 'sysctl', path, value });
  }
}
