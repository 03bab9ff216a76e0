/** Which new file systems can be mounted on trial, and what is foretold of the others. */
import type { Native } from '../../native/native.js';
import { type HostFacts, isHostRoot } from '../../plan/host-facts.js';
import type { ContainerPlan } from '../../plan/plan.js';
import type { Step } from '../../plan/steps/generated/steps.js';
import { fails, unknown, type Verdict } from './verdict.js';

type MountFs = Extract<Step, { step: 'mount-fs' }>;

/** Every mount of these is a file system of its own, or has no options that could change another's. */
const ownInstance = ['tmpfs', 'ramfs', 'devpts', 'hugetlbfs'];
/** These are the kernel's single instances, so they are mounted on trial only without options. */
const shared = [
  'sysfs',
  'mqueue',
  'proc',
  'cgroup2',
  'debugfs',
  'tracefs',
  'securityfs',
  'devtmpfs',
  'fusectl',
  'configfs',
  'pstore',
  'efivarfs',
  'bpf',
];
/** What root of a user namespace may mount besides (FS_USERNS_MOUNT). */
const forUsers = ['overlay', 'fuse', 'fuse.', 'cgroup', 'cgroup2', 'proc', 'sysfs', 'mqueue', ...ownInstance];

/** Whether what is made in the mount goes with it. */
export const isOwnInstance = ({ type }: MountFs): boolean => ownInstance.includes(type);

/** Whether mounting it and dropping the mount changes nothing on this machine. */
export function canBeTried({ type, parameters }: MountFs, { cgroup }: HostFacts, ownPids: boolean): boolean {
  if (ownInstance.includes(type)) return true;
  if (type === 'proc' && ownPids) return true;
  // Another hierarchy than those that exist would be made.
  if (type === 'cgroup') {
    const names = cgroup.controllers.map(({ name }) => name);
    return parameters.length > 0 && parameters.every((word) => names.includes(word) || word === 'xattr');
  }
  return shared.includes(type) && parameters.length === 0;
}

/** What is foretold of a mount that isn't tried: it might change a disk, or load a module. */
export function foretellMount(
  native: Native,
  { type, source }: MountFs,
  facts: HostFacts,
  plan: ContainerPlan,
): Verdict {
  const base = type.split('.')[0] ?? type;
  const line = (native.readFileIfExists('/proc/filesystems', 1 << 16) ?? '')
    .split('\n')
    .find((one) => one.split('\t')[1] === base);
  if (line === undefined && !isModule(native, base))
    return fails(`this kernel has no file system of type ${type} (/proc/filesystems, modules.alias)`);
  const hostRights = isHostRoot(facts) && plan.idMaps === undefined;
  if (!hostRights && !forUsers.includes(base))
    return fails(`a file system of type ${type} can be mounted by root of the host only`);
  const onDisk = line !== undefined && !line.startsWith('nodev');
  if (onDisk && source.startsWith('/') && native.stat(source, true) === null) return fails(`${source} is missing`);
  if (line === undefined) return unknown(`the kernel may load a module for ${type}`);
  return unknown(`a file system of type ${type} is not mounted on trial`);
}

function isModule(native: Native, type: string): boolean {
  const directory = `/lib/modules/${native.uname()[2]}`;
  const aliases = native.readFileIfExists(`${directory}/modules.alias`, 16 << 20) ?? '';
  return aliases.includes(`\nalias fs-${type} `);
}
