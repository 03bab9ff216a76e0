import { crunAnnotations } from '../../config/crun-annotations.js';
import { isMapped } from '../../config/id-mappings.js';
import type { MountOptions } from '../../config/mount-options.js';
import { MOUNT_ATTR__ATIME, MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import type { ContainerContext } from '../container-context.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { NO_SLOT } from '../steps/step-table.js';
import { strictTargets, strictTypes } from './fixed-places.js';
import type { LateReadonly } from './late-readonly.js';
import { fileSystemStep } from './mount-steps.js';
import { mapsIds, needMountNamespace, type PlannedMount } from './planned-mount.js';

/**
 * File systems that are one instance for many containers, or are made anew: `ro` goes to the mount alone. As a flag of the super
 * block it would make the next mount of a pod's shared sysfs read-only too, and the host's own devtmpfs or pstore.
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

/** Steps for a mount of a file system of its own. What becomes read-only at the end is added to `late`. */
export function planFileSystem(planned: PlannedMount, type: string, late: LateReadonly[]): void {
  const { context, sources, mount, options, target, from } = planned;
  const { builder, spec, facts } = context;
  const set = wholeAttributes(options);
  const readonly = (set & MOUNT_ATTR_RDONLY) !== 0;
  // Mount points and devices are still made in a tmpfs and in /dev.
  const delay = readonly && (type === 'tmpfs' || target === '/dev');
  const slot = (needed: boolean): number => (needed && planned.keep === NO_SLOT ? builder.stepSlot() : planned.keep);
  const keep = slot(delay || options.iversion === true);
  if (delay) {
    const fileSystem = type === 'tmpfs' && !hasOwn(context.namespaces, 'mount');
    if (!fileSystem) needMountNamespace(context, `${from}/options`, 'a read-only /dev');
    late.push({ mount: keep, target, from, fileSystem });
  }
  const parameters = [...options.parameters, ...options.data];
  if (readonly && !kernelTypes.includes(type)) parameters.unshift('ro');
  checkMappedIds(context, options, from);
  const label = spec.linux?.mountLabel;
  if (label && facts.selinux && !strictTypes.includes(type)) {
    parameters.push(`${crunAnnotations(spec.annotations).mountContext}=${label}`);
  }
  const inheritMode = type === 'tmpfs' && !options.data.some((word) => word.startsWith('mode='));
  builder.add(
    from,
    fileSystemStep({
      type,
      source: mount.source ?? type,
      parameters,
      attributes: BigInt(delay ? set & ~MOUNT_ATTR_RDONLY : set),
      target,
      inheritMode: inheritMode ? 1 : 0,
      copyUp: options.copyUp ? 1 : 0,
      mustBeDirectory: strictTypes.includes(type) || strictTargets.includes(target) ? 1 : 0,
      userns: mapsIds(mount) ? sources.userNamespace(mount, from) : NO_SLOT,
      keep,
    }),
  );
  if (options.iversion === true) {
    needMountNamespace(context, `${from}/options`, 'iversion');
    builder.add(from, { step: 'mount-reconfigure', mount: keep, target, parameters: [], iversion: 1 });
  }
}

/**
 * What the mount is to have in all: a file system that is mounted now has nothing below, so the recursive words say the same as
 * the others. None of them takes away what a plain one asks for.
 */
export function wholeAttributes({ set, recursiveSet }: MountOptions): number {
  return (set & MOUNT_ATTR__ATIME) === 0 ? set | recursiveSet : set | (recursiveSet & ~MOUNT_ATTR__ATIME);
}

/** uid= and gid= of a file system have to be mapped in the container's user namespace, or the kernel says only EINVAL. */
function checkMappedIds({ user, builder }: ContainerContext, options: MountOptions, from: string): void {
  if (user.kind === 'none') return;
  for (const word of options.data) {
    const [, key, id] = /^(uid|gid)=(\d+)$/.exec(word) ?? [];
    if (key === undefined) continue;
    const mappings = key === 'uid' ? user.uid : user.gid;
    if (mappings.length > 0 && !isMapped(mappings, Number(id))) {
      builder.problem(
        'config',
        `${from}/options`,
        `${word}: no mapping for ${key} ${id} in the user namespace`,
        `map it in linux.${key}Mappings, or remove the option`,
      );
    }
  }
}
