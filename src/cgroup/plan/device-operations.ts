/** Tells which operations of a cgroup plan are device rules, because those are carried out separately. */
import type { CgroupOperation, CgroupWrite } from './cgroup-plan.js';

/** True for the operation that attaches the device filter of v2. */
export const isDeviceFilter = ({ op }: CgroupOperation): boolean => op === 'device-filter';

/** True for a write of one device rule of v1. */
export function isDeviceRule(operation: CgroupOperation): operation is CgroupWrite {
  if (operation.op !== 'write') return false;
  return operation.path.endsWith('/devices.allow') || operation.path.endsWith('/devices.deny');
}
