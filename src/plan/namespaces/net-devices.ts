import { joinPointer } from '../../base/json-pointer.js';
import type { ContainerContext } from '../container-context.js';
import type { Plan } from '../plan.js';
import { hasOwn } from './namespaces.js';

/** The interfaces the runtime moves, from linux.netDevices. */
export function planNetDevices({ spec, facts, builder, namespaces }: ContainerContext): Plan['netDevices'] {
  const devices = Object.entries(spec.linux?.netDevices ?? {});
  if (devices.length === 0) return [];
  if (facts.rootless)
    builder.problem('unsupported', '/linux/netDevices', 'moving network devices needs the root of the host');
  if (!hasOwn(namespaces, 'network')) {
    builder.problem(
      'config',
      '/linux/netDevices',
      'network devices need a network namespace',
      'add one of type network to linux.namespaces',
    );
  }
  return devices.map(([name, { name: newName }]) => {
    const from = joinPointer('/linux/netDevices', name);
    return { name, newName: newName || name, from };
  });
}
