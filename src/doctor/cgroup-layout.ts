/** cgroups: which hierarchies there are, which controllers, and whether this user may make a cgroup. */
import { planCgroup } from '../cgroup/plan/plan-cgroup.js';
import { wordsOf } from '../cgroup/stat-file.js';
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';
import { errorOf, statOf, textOf } from './proc-text.js';

/** What limits of containers are usually made of, and the parameter of the kernel's command line that turns it on. */
const usual: Readonly<Record<string, string>> = {
  cpu: 'limits of CPU time',
  memory: 'limits of memory',
  pids: 'limits of processes',
  cpuset: 'choice of CPUs',
  io: 'limits of block I/O',
};
/** The same controller's name in v1. */
const oldNames: Readonly<Record<string, string>> = { io: 'blkio' };

const DELEGATE =
  'as root, a file /etc/systemd/system/user@.service.d/delegate.conf with [Service] and Delegate=cpu cpuset io memory pids; then log in again';

/** The group of cgroups. */
export function examineCgroups(examination: Examination): DoctorLine[] {
  const { cgroup } = examination.facts;
  if (cgroup.mode === 'none') {
    const more = { where: '/sys/fs/cgroup', remedy: 'mount -t cgroup2 cgroup2 /sys/fs/cgroup' };
    return [missing('layout', 'no hierarchy is mounted: no limits', more)];
  }
  return [
    layoutLine(examination),
    makingLine(examination),
    ...controllerLines(examination),
    ...olderLines(examination),
  ];
}

function layoutLine({ facts: { cgroup } }: Examination): DoctorLine {
  switch (cgroup.mode) {
    case 'unified':
      return ok('layout', `v2 at ${cgroup.unified?.mountPoint}`);
    case 'hybrid':
      return limited('layout', 'v1, with v2 beside it: users without root get no limits', {
        where: 'systemd.unified_cgroup_hierarchy=1 on the kernel command line',
        remedy: 'a machine with v2 alone',
      });
    default:
      return limited('layout', 'v1 alone: users without root get no limits', {
        where: 'systemd.unified_cgroup_hierarchy=1 on the kernel command line',
        remedy: 'a machine with v2 alone',
      });
  }
}

/** Makes the cgroups that a container would get, and removes them. */
function makingLine({ rt, facts, isRoot }: Examination): DoctorLine {
  const { native } = rt;
  const [, , , , pid = 0] = native.identity();
  const made: string[] = [];
  let paths: string[] = [];
  const error = errorOf(() => {
    const rights = { rootless: facts.rootless, hostRoot: isRoot };
    const plan = planCgroup(
      { ociVersion: '1.0.0' },
      { id: `tsrunc-doctor-${pid}`, manager: 'cgroupfs', ...rights },
      facts.cgroup,
    );
    paths = Object.values(plan.paths);
    for (const path of paths) {
      native.mkdir(path, 0o755);
      made.push(path);
    }
  });
  for (const path of made.reverse()) errorOf(() => native.rmdir(path));
  if (error !== undefined)
    return limited('making', `could not be made: ${error.message}`, { where: paths[0] ?? '/sys/fs/cgroup' });
  if (paths.length > 0)
    return ok('making', `made and removed ${paths.length === 1 ? paths[0] : `${paths.length} cgroups`}`);
  return limited('making', 'no cgroup is delegated to this user: containers have no limits', {
    where: 'user@.service',
    remedy:
      facts.cgroup.mode === 'unified'
        ? '--systemd-cgroup, or systemd-run --user --scope -p Delegate=yes tsrunc … (docs/systemd.md)'
        : 'a machine with v2 alone',
  });
}

function controllerLines({ facts, isRoot, rt: { native } }: Examination): DoctorLine[] {
  const { cgroup } = facts;
  const v2 = cgroup.unified?.controllers ?? [];
  const known = wordsOf(textOf(native, `${cgroup.unified?.mountPoint}/cgroup.controllers`) ?? '');
  const v1 = cgroup.controllers.filter(({ writable }) => writable !== false).map(({ name }) => name);
  return Object.entries(usual).map(([name, use]) => {
    if (v2.includes(name)) return ok(name, `v2: ${use}`);
    if (v1.includes(oldNames[name] ?? name)) return ok(name, `v1: ${use}`);
    if (!isRoot && (known.includes(name) || cgroup.controllers.length > 0))
      return limited(
        name,
        `not delegated to this user: no ${use}`,
        cgroup.mode === 'unified' ? { where: 'user@.service', remedy: DELEGATE } : {},
      );
    return missing(name, `this machine has none: no ${use}`, {
      where: `cgroup_enable=${name} on the kernel command line`,
    });
  });
}

/** What newer kernels have: killing a whole cgroup, and freezing it in v2. */
function olderLines({ facts: { cgroup }, rt: { native } }: Examination): DoctorLine[] {
  const freezes = cgroup.controllers.some(({ name }) => name === 'freezer');
  if (cgroup.unified === undefined)
    return [freezes ? ok('freezer', 'pause and resume') : missing('freezer', 'no pause and resume')];
  const { mountPoint, self } = cgroup.unified;
  const has = (file: string) => statOf(native, `${mountPoint}${self === '/' ? '' : self}/${file}`) !== null;
  // The topmost cgroup has neither file, whatever the kernel.
  const lines: DoctorLine[] = [];
  if (freezes || has('cgroup.freeze')) lines.push(ok('freezer', 'pause and resume'));
  else if (self !== '/') lines.push(missing('freezer', 'no pause and resume', { remedy: 'Linux 5.2 or newer' }));
  if (has('cgroup.kill')) lines.push(ok('cgroup.kill', 'all processes of a container are ended at once'));
  else if (self !== '/')
    lines.push(limited('cgroup.kill', 'processes are ended one by one', { remedy: 'Linux 5.14 or newer' }));
  return lines;
}
