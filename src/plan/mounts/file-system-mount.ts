/** Plans mounts of a new file system, i.e. all but bind mounts, remounts and cgroups. */
import { crunAnnotations } from '../../config/crun-annotations.js';
import { isMapped } from '../../config/id-mappings.js';
import type { MountOptions } from '../../config/mount-options.js';
import { MOUNT_ATTR__ATIME, MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { NO_SLOT } from '../steps/step-table.js';
import { strictTargets, strictTypes } from './fixed-places.js';
import type { LateReadonly } from './late-readonly.js';
import type { MountContext } from './mount-context.js';
import { fileSystemStep } from './mount-steps.js';
import { mapsIds, needMountNamespace, type PlannedMount } from './planned-mount.js';

/**
 * File systems for which `ro` is set on the mount only. As a flag of the superblock it would apply wherever else the
 * same instance is mounted: to the sysfs that the containers of a pod share, or to the host's own devtmpfs or pstore.
 */
const kernelTypes = [
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'mqueue',
  'devpts',
  'tmpfs',
  'ramfs',
  'devtmpfs',
  'debugfs',
  'tracefs',
  'securityfs',
  'configfs',
  'efivarfs',
  'pstore',
  'fusectl',
  'binfmt_misc',
  'selinuxfs',
  'resctrl',
  'bpf',
];

/**
 * Adds the steps for a mount of a new file system.
 * @param late gets the mount if it becomes read-only only at the end
 */
export function planFileSystem(planned: PlannedMount, type: string, late: LateReadonly[]): void {
  const { context, sources, mount, options, target, pointer } = planned;
  const { builder, spec, facts } = context;
  const set = wholeAttributes(options);
  const readonly = (set & MOUNT_ATTR_RDONLY) !== 0;
  // A tmpfs and /dev stay writable for now: mount points and devices are still made in them.
  const delay = readonly && (type === 'tmpfs' || target === '/dev');
  const slot = (needed: boolean): number => (needed && planned.keep === NO_SLOT ? builder.stepSlot() : planned.keep);
  const keep = slot(delay || options.iversion === true);
  if (delay) {
    const fileSystem = type === 'tmpfs' && !hasOwn(context.namespaces, 'mount');
    if (!fileSystem) needMountNamespace(context, `${pointer}/options`, 'a read-only /dev');
    late.push({ mount: keep, target, pointer, fileSystem });
  }
  const parameters = [...options.parameters, ...options.data];
  if (readonly && !kernelTypes.includes(type)) parameters.unshift('ro');
  checkMappedIds(context, options, pointer);
  const label = spec.linux?.mountLabel;
  if (label && facts.selinux && !strictTypes.includes(type)) {
    parameters.push(`${crunAnnotations(spec.annotations).mountContext}=${label}`);
  }
  const inheritMode = type === 'tmpfs' && !options.data.some((word) => word.startsWith('mode='));
  builder.add(
    pointer,
    fileSystemStep({
      type,
      source: mount.source ?? type,
      parameters,
      attributes: BigInt(delay ? set & ~MOUNT_ATTR_RDONLY : set),
      target,
      inheritMode: inheritMode ? 1 : 0,
      copyUp: options.copyUp ? 1 : 0,
      mustBeDirectory: strictTypes.includes(type) || strictTargets.includes(target) ? 1 : 0,
      userns: mapsIds(mount) ? sources.userNamespace(mount, pointer) : NO_SLOT,
      keep,
    }),
  );
  if (options.iversion === true) {
    needMountNamespace(context, `${pointer}/options`, 'iversion');
    builder.add(pointer, { step: 'mount-reconfigure', mount: keep, target, parameters: [], iversion: 1 });
  }
}

/**
 * The MOUNT_ATTR_* of a new mount. It has no mounts below, so recursive options (`rro`) mean the same as plain ones
 * (`ro`), but don't override them: of the access time settings, which exclude each other, a plain one wins.
 */
export function wholeAttributes({ set, recursiveSet }: MountOptions): number {
  return (set & MOUNT_ATTR__ATIME) === 0 ? set | recursiveSet : set | (recursiveSet & ~MOUNT_ATTR__ATIME);
}

/**
 * Notes as problems ids in uid= and gid= that the user namespace doesn't map, for which the kernel would only say
 * EINVAL.
 */
function checkMappedIds({ user, builder }: MountContext, options: MountOptions, pointer: string): void {
  if (user.kind === 'none') return;
  for (const word of options.data) {
    const [, key, id] = /^(uid|gid)=(\d+)$/.exec(word) ?? [];
    if (key === undefined) continue;
    const mappings = key === 'uid' ? user.uid : user.gid;
    if (mappings.length > 0 && !isMapped(mappings, Number(id))) {
      builder.problem(
        'config',
        `${pointer}/options`,
        `${word}: no mapping for ${key} ${id} in the user namespace`,
        `map it in linux.${key}Mappings, or remove the option`,
      );
    }
  }
}
