/** The types of namespaces. One of each is made, and goes with the process that made it. */
import { namespaceTypes } from '../config/namespace-types.js';
import type { NamespaceType } from '../config/spec.js';
import { CLONE_NEWUSER } from '../native/flags.js';
import { type DoctorLine, type Examination, limited, missing, needed, ok } from './line.js';

const options: Readonly<Record<NamespaceType, string>> = {
  pid: 'CONFIG_PID_NS',
  network: 'CONFIG_NET_NS',
  mount: 'CONFIG_NAMESPACES',
  ipc: 'CONFIG_IPC_NS',
  uts: 'CONFIG_UTS_NS',
  user: 'CONFIG_USER_NS',
  cgroup: 'CONFIG_CGROUPS',
  time: 'CONFIG_TIME_NS',
};

/** Each type but the user namespace, which has a group of its own. */
export function examineNamespaces(examination: Examination): DoctorLine[] {
  const types = (Object.keys(namespaceTypes) as NamespaceType[]).filter((type) => type !== 'user');
  return types.map((type) => namespaceLine(examination, type));
}

function namespaceLine({ facts, isRoot, attempt, rt }: Examination, type: NamespaceType): DoctorLine {
  const { flag, file } = namespaceTypes[type];
  if (!facts.namespaces.includes(file)) {
    const line = missing(type, 'this kernel has none', {
      where: options[type],
      remedy: 'a kernel that is built with it',
    });
    return type === 'mount' ? needed(line) : line;
  }
  const error = attempt((builder) => {
    if (!isRoot) builder.add('', { step: 'unshare', flags: CLONE_NEWUSER });
    builder.add('', { step: 'unshare', flags: flag });
  });
  if (error === undefined) return ok(type, isRoot ? 'made one' : 'made one, in a user namespace');
  const limit = `user.max_${{ network: 'net', mount: 'mnt' }[type as string] ?? type}_namespaces`;
  const isZero = rt.native.readFileIfExists(`/proc/sys/${limit.replace('.', '/')}`, 64)?.trim() === '0';
  const more = isZero ? { where: limit, remedy: `sysctl -w ${limit}=10000` } : {};
  return limited(type, `could not be made: ${error.message}`, more);
}
