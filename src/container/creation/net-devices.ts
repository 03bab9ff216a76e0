/** Moves network interfaces into the container. */
import { O_RDONLY } from '../../native/flags.js';
import type { PlannedNetDevice } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { isOwnNamespace, wouldChange } from './own-namespace.js';

/**
 * Moves the interfaces of linux.netDevices into the network namespace of init.
 * @param pid of init
 * @throws TsruncError with the pointer of the interface that couldn't be moved; 'config' if that namespace is the
 * runtime's own, where the interfaces would only be renamed
 */
export function moveNetDevices(rt: Runtime, devices: readonly PlannedNetDevice[], pid: number): void {
  if (devices.length === 0) return;
  const namespace = rt.native.open(`/proc/${pid}/ns/net`, O_RDONLY, 0);
  try {
    if (isOwnNamespace(rt.native, namespace, 'network'))
      throw wouldChange('moving interfaces', 'network', '/linux/netDevices');
  } finally {
    rt.native.close(namespace);
  }
  for (const { name, newName, pointer } of devices) {
    atField(pointer, () => rt.native.moveNetDevice(name, pid, newName));
  }
}
