/** Which operations of a cgroup plan say what may be done with devices: they are carried out apart from the others. */
import type { CgroupOperation } from './cgroup-plan.js';

/** The filter of v2. */
export const isDeviceFilter = ({ op }: CgroupOperation): boolean => op === 'device-filter';

/** One of the rules of v1. */
export function isDeviceRule(operation: CgroupOperation): boolean {
  if (operation.op !== 'write') return false;
  return operation.path.endsWith('/devices.allow') || operation.path.endsWith('/devices.deny');
}
