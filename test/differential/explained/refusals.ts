/** What only one of them refuses. */
import type { Mount } from '../../../src/config/spec.js';
import { config, type Explanation, hasNamespace, isBind, processOf, runcRefuses, tsruncRefuses } from './seen.js';

const hasSeveralAtimes = (mounts: readonly Mount[] = []): boolean =>
  mounts.some(({ options = [] }) => options.filter((word) => /^r(no|rel|strict)?atime$/.test(word)).length > 1);

export const refusals: readonly Explanation[] = [
  {
    row: 'a container without a mount of type proc',
    holds: (seen) =>
      runcRefuses(
        seen,
        /cap_last_cap: no such file|unsafe procfs detected|\/proc\/self\/fd: no such file|\/proc\/thread-self/,
      ),
  },
  {
    row: '`/dev` with `nodev`',
    holds: (seen) => runcRefuses(seen, /reopening \/dev\/null.*permission denied/),
  },
  {
    row: '`linux.devices` that names a default device, on a host with cgroup v1',
    holds: (seen) =>
      runcRefuses(seen, /reopening \/dev\/null.*operation not permitted/) &&
      (config(seen).linux?.devices ?? []).some(({ path }) => path === '/dev/null'),
  },
  {
    row: '`timeOffsets: {}`',
    holds: (seen) =>
      Object.keys(config(seen).linux?.timeOffsets ?? { some: 0 }).length === 0 &&
      runcRefuses(seen, /time namespace offsets specified|timens_offsets: Invalid argument/),
  },
  {
    row: '`user.umask` and `oomScoreAdj` in a file of `exec --process`',
    holds: (seen) => seen.step !== undefined && tsruncRefuses(seen, /\/oomScoreAdj: .*permission denied/),
  },
  {
    row: 'a limit given twice in `rlimits`',
    holds: (seen) => tsruncRefuses(seen, /\/rlimits\/\d+\/type: .*must be given once/),
  },
  {
    row: '`..` in `cgroupsPath`',
    holds: (seen) => tsruncRefuses(seen, /\/linux\/cgroupsPath: .*must be without "\.\."/),
  },
  {
    row: '`useHierarchy: false`, `kernelTCP`, on a host with cgroup v1',
    holds: (seen) => tsruncRefuses(seen, /\/memory\/useHierarchy: .*can't write "0"/),
  },
  {
    row: '`cpu.shares` of 1, or above 262144, on a host with cgroup v1',
    holds: (seen) => runcRefuses(seen, /the (minimum|maximum) allowed cpu-shares is/),
  },
  {
    row: '`defaults` and `acl` among the options of a mount',
    holds: (seen) =>
      runcRefuses(seen, /(data=|Data:)\S*(defaults|acl)/) &&
      (config(seen).mounts ?? []).some(({ options }) => options?.some((word) => /^(defaults|acl)$/.test(word))),
  },
  {
    row: '`intelRdt: {}` on a host without resctrl',
    holds: (seen) => tsruncRefuses(seen, /\/linux\/intelRdt: resctrl is not mounted/),
  },
  {
    row: '`pids.limit` of 0',
    holds: (seen) =>
      config(seen).linux?.resources?.pids?.limit === 0 && tsruncRefuses(seen, /resource temporarily unavailable/),
  },
  {
    row: 'the same in a looser rule: "either" would allow what "both" doesn\'t',
    page: 'seccomp.md',
    holds: (seen) => tsruncRefuses(seen, /\/args: compares one argument more than once/),
  },
  {
    row: 'rules of different actions for one call',
    page: 'seccomp.md',
    holds: (seen) => runcRefuses(seen, /adding seccomp (filter )?rule.*file exists/),
  },
  {
    row: 'a program without a slash in its name, where `env` has no `PATH`',
    holds: (seen) =>
      runcRefuses(seen, /executable file not found in \$PATH/) &&
      !(processOf(seen)?.env ?? []).some((entry) => entry.startsWith('PATH=')),
  },
  {
    row: '`personality` under a filter that refuses personality(2)',
    holds: (seen) => config(seen).linux?.seccomp !== undefined && runcRefuses(seen, /set_personality/),
  },
  {
    row: "hugetlb limits on a host where that controller is cgroup v2's and others are v1's",
    holds: (seen) => runcRefuses(seen, /cannot set hugetlb limit: container could not join or create cgroup/),
  },
  {
    row: '`sysctl` of `user.`, in a user namespace of its own',
    holds: (seen) =>
      hasNamespace(seen, 'user') && runcRefuses(seen, /sysctl \\?"user\..*is not in a separate kernel namespace/),
  },
  {
    row: 'options of a bind that root of a user namespace may not change (`rnoatime`)',
    holds: (seen) =>
      hasNamespace(seen, 'user') &&
      runcRefuses(seen, /error mounting \\?".*operation not permitted/) &&
      (config(seen).mounts ?? []).some((one) => isBind(one) && one.options?.some((word) => /atime$/.test(word))),
  },
  {
    row: 'recursive options (`rro`, `rnosuid`) of a mount that is no bind',
    holds: (seen) => {
      const options = (config(seen).mounts ?? []).filter((one) => !isBind(one)).flatMap((one) => one.options ?? []);
      return (
        (options.includes('rnosymfollow') && tsruncRefuses(seen, /too many levels of symbolic links/)) ||
        // The kernel shows root of a user namespace no proc with other rules for times of access.
        (options.some((word) => /^r.*(atime|dir|strict)/.test(word)) && tsruncRefuses(seen, /Mount too revealing/))
      );
    },
  },
  {
    row: 'a filter that kills for a call that the runtime makes behind it (`fchmod`)',
    holds: (seen) =>
      // Its program dies without a word, or with all registers; or one thread of it does, and the others stay.
      (runcRefuses(seen, /^(exec\d:)?$|^gs +0x/m) || (seen.fact === 'left:state' && seen.tsrunc === '')) &&
      (config(seen).linux?.seccomp?.syscalls ?? []).some(({ action }) => /KILL|TRAP/.test(action)),
  },
  {
    row: 'recursive words for times of access that exclude each other (`rnoatime`, `rstrictatime`)',
    holds: (seen) =>
      runcRefuses(seen, /error mounting \\?".*invalid argument/) && hasSeveralAtimes(config(seen).mounts),
  },
  {
    row: 'a `cwd` behind a link of the image that leads nowhere',
    holds: (seen) => runcRefuses(seen, /mkdir \/dangling: file exists/),
  },
  {
    row: '`weightDevice` on a kernel without weights for block devices',
    holds: (seen) => tsruncRefuses(seen, /weightDevice\/\d+: this kernel has no io\.bfq\.weight/),
  },
  {
    row: '`leafWeight` on a host with cgroup v2',
    holds: (seen) => tsruncRefuses(seen, /leafWeight: cgroup v2 has no leaf weight/),
  },
  {
    row: 'a device rule that takes away a part of what an earlier one allowed, on a host with cgroup v2',
    holds: (seen) => runcRefuses(seen, /cannot punch hole in existing wildcard rule/),
  },
  {
    row: 'sysfs in a user namespace without a network namespace of its own',
    holds: (seen) => hasNamespace(seen, 'user') && runcRefuses(seen, /mounting "sysfs".*operation not permitted/),
  },
];
