import type { Spec } from '../config/spec.js';
import type { PlanBuilder } from './builder.js';

/**
 * The path below /proc/sys of a parameter's name. Both spellings of sysctl(8) are taken: where the first separator is a `.`,
 * dots separate and a `/` stands for a dot of the name (net.ipv4.conf.eth0/100.x); else it is a path already.
 */
export function sysctlPath(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  if (separator !== '.') return name;
  return name.replace(/[./]/g, (character) => (character === '.' ? '/' : '.'));
}

/** Steps for linux.sysctl. */
export function planSysctl(spec: Spec, builder: PlanBuilder): void {
  for (const [name, value] of Object.entries(spec.linux?.sysctl ?? {})) {
    const from = `/linux/sysctl/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    builder.add(from, { step: 'sysctl', path: sysctlPath(name), value });
  }
}
