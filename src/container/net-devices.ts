import { TsruncError, withFields } from '../error.js';
import type { Plan } from '../plan/plan.js';
import type { Runtime } from './runtime.js';

/**
 * Moves the interfaces of linux.netDevices into the network namespace of init.
 * @throws TsruncError naming the field of the interface that couldn't be moved.
 */
export function moveNetDevices(rt: Runtime, plan: Plan, pid: number): void {
  for (const { name, newName, from } of plan.netDevices) {
    try {
      rt.native.moveNetDevice(name, pid, newName);
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      throw withFields(error, { pointer: from }, `network interface ${name}: ${error.message}`);
    }
  }
}
