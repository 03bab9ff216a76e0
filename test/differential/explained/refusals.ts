/** What only one of them refuses. */
import { config, type Explanation, hasNamespace, processOf, runcRefuses, tsruncRefuses } from './seen.js';

export const refusals: readonly Explanation[] = [
  {
    row: 'a container without a mount of type proc',
    holds: (seen) => runcRefuses(seen, /cap_last_cap: no such file|\/proc\/self\/fd: no such file|\/proc\/thread-self/),
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
    row: '`timeOffsets: {}` without a time namespace',
    holds: (seen) => runcRefuses(seen, /time namespace offsets specified/) && !hasNamespace(seen, 'time'),
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
    holds: (seen) => runcRefuses(seen, /adding seccomp filter rule.*file exists/),
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
    row: 'sysfs in a user namespace without a network namespace of its own',
    holds: (seen) => hasNamespace(seen, 'user') && runcRefuses(seen, /mounting "sysfs".*operation not permitted/),
  },
];
