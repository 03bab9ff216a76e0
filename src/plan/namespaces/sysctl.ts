/** linux.sysctl: kernel parameters. */
import { joinPointer } from '../../base/json-pointer.js';
import { quote } from '../../base/quote.js';
import type { Spec } from '../../config/spec.js';
import { sysctlPath } from '../../config/sysctl-name.js';
import type { PlanBuilder } from '../steps/builder.js';

/** Adds a step for each entry of linux.sysctl. A name that can't be a path below /proc/sys is noted as a problem. */
export function planSysctl(spec: Spec, builder: PlanBuilder): void {
  for (const [name, value] of Object.entries(spec.linux?.sysctl ?? {})) {
    const pointer = joinPointer('/linux/sysctl', name);
    const path = sysctlPath(name);
    if (path === undefined)
      builder.problem('config', pointer, `${quote(name)} is no name of a kernel parameter`, 'e.g. net.ipv4.ip_forward');
    else builder.add(pointer, { step: 'sysctl', path, value });
  }
}
