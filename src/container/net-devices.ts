import type { Plan } from '../plan/plan.js';
import { atField } from './at-field.js';
import type { Runtime } from './runtime.js';

/**
 * Moves the interfaces of linux.netDevices into the network namespace of init.
 * @throws TsruncError naming the field of the interface that couldn't be moved.
 */
export function moveNetDevices(rt: Runtime, plan: Plan, pid: number): void {
  for (const { name, newName, from } of plan.netDevices) {
    atField(from, () => rt.native.moveNetDevice(name, pid, newName));
  }
}
