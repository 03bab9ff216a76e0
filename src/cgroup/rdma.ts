/** The rdma controller of both cgroup versions: its limits. */
import { TsruncError } from '../base/error.js';
import { joinPointer } from '../base/json-pointer.js';
import type { Resources } from '../config/spec.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { write } from './plan/operations.js';

/**
 * The writes for rdma.max, the same file in v1 and v2: one line per device (cgroup-v2.rst, "RDMA Interface Files").
 * @param pointer JSON pointer of the `rdma` section
 * @throws TsruncError 'config' for a device name with blanks, which the kernel would read as several words
 */
export function setRdma(rdma: NonNullable<Resources['rdma']>, directory: string, pointer: string): CgroupOperation[] {
  const operations: CgroupOperation[] = [];
  for (const [device, limits] of Object.entries(rdma)) {
    const at = joinPointer(pointer, device);
    if (!/^\S+$/.test(device)) throw new TsruncError('config', 'an RDMA device is named by one word', { pointer: at });
    const words = [device];
    if (limits.hcaHandles !== undefined) words.push(`hca_handle=${limits.hcaHandles}`);
    if (limits.hcaObjects !== undefined) words.push(`hca_object=${limits.hcaObjects}`);
    if (words.length > 1) operations.push(write(directory, 'rdma.max', words.join(' '), at));
  }
  return operations;
}
