/** linux.netDevices: the network interfaces that are moved into a container. */
import { joinPointer } from '../../base/json-pointer.js';
import type { ContainerContext } from '../container-context.js';
import type { PlannedNetDevice } from '../plan.js';
import { hasOwn } from './namespaces.js';

/**
 * The interfaces that the runtime moves (config-linux.md, "Network Devices"). A rootless runtime and a container
 * without its own network namespace are noted as problems.
 */
export function planNetDevices({ spec, facts, builder, namespaces }: ContainerContext): PlannedNetDevice[] {
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
    const pointer = joinPointer('/linux/netDevices', name);
    return { name, newName: newName || name, pointer };
  });
}
