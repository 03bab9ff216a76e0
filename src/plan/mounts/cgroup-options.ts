import type { PlannedMount } from './planned-mount.js';
import { mapsIds } from './planned-mount.js';

/**
 * Words that a cgroup mount may have for its file system: cgroup2_fs_parameters, and of cgroup1_fs_parameters those that choose
 * no hierarchy and name no program for the host to run (kernel/cgroup).
 */
const unifiedWords = [
  'nsdelegate',
  'favordynmods',
  'nofavordynmods',
  'memory_localevents',
  'memory_recursiveprot',
  'memory_hugetlb_accounting',
  'pids_localevents',
];
const hierarchyWords = ['noprefix', 'clone_children', 'cpuset_v2_mode', 'xattr', 'favordynmods', 'nofavordynmods'];

/**
 * Notes as problems what a cgroup mount can't be given. Where it is a bind the kernel would see none of its options; the
 * known words are taken there all the same, as containerd names those that the host's mount has.
 */
export function checkCgroupOptions({ context, mount, options, from }: PlannedMount, unified: boolean): void {
  const known = unified ? unifiedWords : hierarchyWords;
  const unknown = options.data.filter((word) => !known.includes(word));
  if (unknown.length > 0) {
    context.builder.problem(
      'config',
      `${from}/options`,
      `${unknown.join(', ')}: no option of a mount of cgroup ${unified ? 'v2' : 'v1'}`,
      `known are ${known.join(', ')}`,
    );
  }
  if (mapsIds(mount)) context.builder.problem('unsupported', from, "the ids of a cgroup mount can't be mapped");
}
