import { ENODEV, ENOENT } from '../base/errno.js';
import { isErrno, TsruncError } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Resources } from '../config/spec.js';
import type { Native } from '../native/native.js';
import type { CgroupOperation } from './plan/cgroup-plan.js';
import { write } from './plan/operations.js';
import { readCount, readCounts } from './stat-file.js';
import type { HugetlbEntry } from './stat-types.js';

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
      throw new TsruncError('config', `no page size: ${quote(pageSize)}`, {
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

/** By page size. v2 keeps no record of the most that was in use. */
export function statHugetlb(native: Native, folder: string): Map<string, HugetlbEntry> {
  const stats = new Map<string, HugetlbEntry>();
  for (const name of namesIn(native, folder)) {
    const [, size = '', file] = /^hugetlb\.(\d+[KMG]B)\.(usage_in_bytes|current)$/.exec(name) ?? [];
    if (file === undefined) continue;
    const count = (key: string) => readCount(native, folder, `hugetlb.${size}.${key}`) ?? 0;
    const failures = () => readCounts(native, folder, `hugetlb.${size}.events`)?.get('max') ?? 0;
    const usage = count(file);
    if (file === 'current') stats.set(size, { usage, max: 0, failcnt: failures() });
    else stats.set(size, { usage, max: count('max_usage_in_bytes'), failcnt: count('failcnt') });
  }
  return stats;
}

function namesIn(native: Native, folder: string): string[] {
  try {
    return native.readDir(folder);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return [];
    throw error;
  }
}
