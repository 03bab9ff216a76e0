/** The hugetlb controller of both cgroup versions: its limits and its statistics. */
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
 * The writes that limit huge pages in use and, where the kernel has that file (Linux 5.7), also reserved ones. Without
 * the second limit mmap succeeds for a process that reserves too much, and the process gets SIGBUS at its first access
 * (cgroup-v1/hugetlb.rst).
 * @param names hugetlbV1 or hugetlbV2
 * @param pointer JSON pointer of `hugepageLimits`
 * @throws TsruncError 'config' for a page size that isn't a number with KB, MB or GB
 */
export function setHugetlb(
  limits: NonNullable<Resources['hugepageLimits']>,
  directory: string,
  names: { used: string; reserved: string },
  pointer: string,
): CgroupOperation[] {
  return limits.flatMap(({ pageSize, limit }, i) => {
    if (!/^[1-9][0-9]*[KMG]B$/.test(pageSize))
      throw new TsruncError('config', `no page size: ${quote(pageSize)}`, {
        pointer: `${pointer}/${i}/pageSize`,
        hint: 'e.g. 64KB, 2MB, 1GB',
      });
    return [
      write(directory, `hugetlb.${pageSize}.${names.used}`, limit, `${pointer}/${i}`),
      write(directory, `hugetlb.${pageSize}.${names.reserved}`, limit, `${pointer}/${i}`, 'ignore'),
    ];
  });
}

/** The files of v1, without `hugetlb.SIZE.`: limit of pages in use, and of reserved pages. */
export const hugetlbV1 = { used: 'limit_in_bytes', reserved: 'rsvd.limit_in_bytes' };
/** The same for v2. */
export const hugetlbV2 = { used: 'max', reserved: 'rsvd.max' };

/** Use of huge pages in bytes, by page size (`2MB`). v2 doesn't record the peak, so `max` is 0 there. */
export function statHugetlb(native: Native, directory: string): Map<string, HugetlbEntry> {
  const stats = new Map<string, HugetlbEntry>();
  for (const name of namesIn(native, directory)) {
    const [, size = '', file] = /^hugetlb\.(\d+[KMG]B)\.(usage_in_bytes|current)$/.exec(name) ?? [];
    if (file === undefined) continue;
    const count = (key: string) => readCount(native, directory, `hugetlb.${size}.${key}`) ?? 0;
    const failures = () => readCounts(native, directory, `hugetlb.${size}.events`)?.get('max') ?? 0;
    const usage = count(file);
    if (file === 'current') stats.set(size, { usage, max: 0, failcnt: failures() });
    else stats.set(size, { usage, max: count('max_usage_in_bytes'), failcnt: count('failcnt') });
  }
  return stats;
}

function namesIn(native: Native, directory: string): string[] {
  try {
    return native.readDir(directory);
  } catch (error) {
    if (isErrno(error, ENOENT, ENODEV)) return [];
    throw error;
  }
}
