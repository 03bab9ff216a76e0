/** Checks the options of a mount of cgroups. */
import type { PlannedMount } from './planned-mount.js';
import { mapsIds } from './planned-mount.js';

/**
 * The file system options a cgroup mount may have: all of cgroup2_fs_parameters, and those of cgroup1_fs_parameters
 * that don't choose a hierarchy and don't name a program that the host would run, as release_agent does
 * (kernel/cgroup).
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
 * Notes as problems unknown options and id maps of a cgroup mount. If the host's cgroups are bound, options have no
 * effect, but known ones are accepted all the same: containerd passes those of the host's mount.
 * @param unified the mount shows cgroup v2
 */
export function checkCgroupOptions({ context, mount, options, pointer }: PlannedMount, unified: boolean): void {
  const known = unified ? unifiedWords : hierarchyWords;
  const unknown = options.data.filter((word) => !known.includes(word));
  if (unknown.length > 0) {
    context.builder.problem(
      'config',
      `${pointer}/options`,
      `${unknown.join(', ')}: no option of a mount of cgroup ${unified ? 'v2' : 'v1'}`,
      `known are ${known.join(', ')}`,
    );
  }
  if (mapsIds(mount)) context.builder.problem('unsupported', pointer, "the ids of a cgroup mount can't be mapped");
}
