import { TsruncError } from '../base/error.js';
import { joinPointer } from '../base/json-pointer.js';
import type { Resources } from '../config/spec.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { write } from './plan/operations.js';

/**
 * rdma.max, the same file in v1 and v2: one line a device.
 * @param from pointer of the `rdma` section
 * @throws TsruncError 'config' for a device name that would be more than one word of that line
 */
export function setRdma(rdma: NonNullable<Resources['rdma']>, folder: string, from: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  for (const [device, limits] of Object.entries(rdma)) {
    const pointer = joinPointer(from, device);
    if (!/^\S+$/.test(device)) throw new TsruncError('config', 'an RDMA device is named by one word', { pointer });
    const words = [device];
    if (limits.hcaHandles !== undefined) words.push(`hca_handle=${limits.hcaHandles}`);
    if (limits.hcaObjects !== undefined) words.push(`hca_object=${limits.hcaObjects}`);
    if (words.length > 1) operations.push(write(folder, 'rdma.max', words.join(' '), pointer));
  }
  return operations;
}
