import type { DeviceRule, Resources } from '../../../src/config/spec.js';
import { type Explanation, runcRefuses, type Seen, tsruncRefuses } from './seen.js';

/** The limits that were asked for at first and by updates, up to the one that a fact is about. */
const asked = ({ given, step = -1 }: Seen): Resources[] => [
  given.config.linux?.resources ?? {},
  ...(given.updates ?? []).slice(0, step + 1),
];

/** Whether a rule denies for all majors or minors after another that allows. */
const deniesMany = (rules: readonly DeviceRule[]): boolean =>
  rules.some(
    ({ allow, type = 'a', major = -1, minor = -1 }, i) =>
      !allow && type !== 'a' && (major < 0 || minor < 0) && rules.slice(0, i).some((earlier) => earlier.allow),
  );

export const cgroups: readonly Explanation[] = [
  {
    row: '`useHierarchy: false`, `kernelTCP`, on a host with cgroup v1',
    holds: (seen) =>
      seen.fact === 'cgroup:memory/memory.kmem.tcp.limit_in_bytes' &&
      asked(seen).some(({ memory }) => memory?.kernelTCP !== undefined),
  },
  {
    row: 'a device rule of type `a` with numbers, or with part of `access`, on a host with cgroup v1',
    holds: (seen) =>
      (/^(cgroup:devices\/devices\.list$|nodes:|tree:|opens:\/dev)/.test(seen.fact) ||
        tsruncRefuses(seen, /\/devices\/\d+: cgroup v1 can't (allow|deny)/)) &&
      (asked(seen)[0]?.devices ?? []).some(
        ({ type = 'a', major = -1, minor = -1, access = '' }) =>
          type === 'a' && (major >= 0 || minor >= 0 || access.length !== 3),
      ),
  },
  {
    row: 'unit of systemd without `cgroupsPath`',
    holds: ({ tsrunc = '', runc }) => tsrunc !== runc && tsrunc.replace('/tsrunc-', '/runc-') === runc,
  },
  {
    row: 'a container in a slice of systemd of its own (`:prefix:name.slice`)',
    holds: (seen) => runcRefuses(seen, /unable to start unit \\?"\S*\.slice/),
  },
  {
    row: "hugetlb limits on a host where that controller is cgroup v2's and others are v1's",
    holds: (seen) => /^cgroup:\/hugetlb\./.test(seen.fact) && asked(seen).some(({ hugepageLimits }) => hugepageLimits),
  },
  {
    row: 'a device rule that denies many, after one that allows some of them',
    holds: (seen) =>
      /^(cgroup:devices\/devices\.list$|nodes:|tree:|opens:\/dev)/.test(seen.fact) &&
      deniesMany(asked(seen)[0]?.devices ?? []),
  },
  {
    row: '`pids.limit` of 0',
    holds: (seen) =>
      asked(seen).some(({ pids }) => pids?.limit === 0) && /^(calls:|cgroup:(pids)?\/pids\.max$)/.test(seen.fact),
  },
  {
    row: 'what `update` changes',
    holds: (seen) =>
      (seen.fact === 'cgroup:memory/memory.swappiness' &&
        asked(seen).some(({ memory }) => memory?.swappiness !== undefined)) ||
      (seen.fact === 'cgroup:memory/memory.oom_control' &&
        asked(seen).some(({ memory }) => memory?.disableOOMKiller !== undefined)) ||
      (/^cgroup:blkio\/blkio\.throttle/.test(seen.fact) && seen.given.updates?.some(({ blockIO }) => blockIO)) ||
      false,
  },
];
