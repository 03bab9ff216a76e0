import type { Resources } from '../config/spec.js';
import { TsruncError } from '../error.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { write } from './operations.js';

/**
 * Limits of huge pages in use and, where the kernel has the file (5.7), of reserved ones: without the second a process
 * that reserves more than it may use is killed at its first access rather than refused at mmap (hugetlb_cgroup documentation).
 * @param names files of v1 or v2: what follows `hugetlb.SIZE.`
 * @param from pointer of `hugepageLimits`
 * @throws TsruncError 'config' for a page size that is not one
 */
export function setHugetlb(
  limits: NonNullable<Resources['hugepageLimits']>,
  folder: string,
  names: { used: string; reserved: string },
  from: string,
): CgroupOperation[] {
  return limits.flatMap(({ pageSize, limit }, i) => {
    if (!/^[1-9][0-9]*[KMG]B$/.test(pageSize))
      throw new TsruncError('config', `no page size: ${JSON.stringify(pageSize)}`, {
        pointer: `${from}/${i}/pageSize`,
        hint: 'e.g. 64KB, 2MB, 1GB',
      });
    return [
      write(folder, `hugetlb.${pageSize}.${names.used}`, limit, `${from}/${i}`),
      write(folder, `hugetlb.${pageSize}.${names.reserved}`, limit, `${from}/${i}`, 'ignore'),
    ];
  });
}

export const hugetlbV1 = { used: 'limit_in_bytes', reserved: 'rsvd.limit_in_bytes' };
export const hugetlbV2 = { used: 'max', reserved: 'rsvd.max' };
