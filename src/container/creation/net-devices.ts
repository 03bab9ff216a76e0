import { O_RDONLY } from '../../native/flags.js';
import type { Plan } from '../../plan/plan.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import { isOwnNamespace, wouldChange } from './own-namespace.js';

/**
 * Moves the interfaces of linux.netDevices into the network namespace of init.
 * @throws TsruncError naming the field of the interface that couldn't be moved; 'config' when that namespace is the runtime's own,
 * in which they would only get new names.
 */
export function moveNetDevices(rt: Runtime, plan: Plan, pid: number): void {
  if (plan.netDevices.length === 0) return;
  const namespace = rt.native.open(`/proc/${pid}/ns/net`, O_RDONLY, 0);
  try {
    if (isOwnNamespace(rt.native, namespace, 'network'))
      throw wouldChange('moving interfaces', 'network', '/linux/netDevices');
  } finally {
    rt.native.close(namespace);
  }
  for (const { name, newName, from } of plan.netDevices) {
    atField(from, () => rt.native.moveNetDevice(name, pid, newName));
  }
}
