import { byMount, ownFolder } from '../../cgroup/plan/path.js';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import type { ContainerContext } from '../container-context.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { NO_SLOT } from '../steps/step-table.js';
import { checkCgroupOptions } from './cgroup-options.js';
import { wholeAttributes } from './file-system-mount.js';
import { closeMounts } from './late-readonly.js';
import { bindStep, fileSystemStep } from './mount-steps.js';
import type { PlannedMount } from './planned-mount.js';

const BASE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/**
 * Whether a mount is one of cgroups. A cgroup2 file system made in the cgroup namespace of the host is: made there, it would
 * reset nsdelegate and the like for the whole host, so it's the host's that is bound.
 */
export function isCgroupMount(type: string, { facts, namespaces }: ContainerContext): boolean {
  return (
    type === 'cgroup' || (type === 'cgroup2' && facts.cgroup.unified !== undefined && !hasOwn(namespaces, 'cgroup'))
  );
}

interface CgroupMount extends PlannedMount {
  ownNamespace: boolean;
  /** MOUNT_ATTR_* asked for. */
  set: number;
}

/**
 * Steps for a mount of type `cgroup`.
 *
 * cgroup v2: the cgroup2 file system, which a cgroup namespace roots at the container's cgroup. v1 and hybrid: a tmpfs with a folder
 * for each hierarchy and links for controllers mounted together. Without a cgroup namespace of its own the container
 * gets its cgroup's folders bound there; rootless they are read-only, since they belong to the caller (CVE-2023-25809), as does
 * what a namespace shows of a container that has no cgroup of its own.
 * On pure v2 a privileged container gets the host's whole tree, where /proc/self/cgroup has its path.
 */
export function planCgroupMount(planned: PlannedMount): void {
  const { context, mount, from } = planned;
  const { facts, builder, namespaces } = context;
  const ownNamespace = hasOwn(namespaces, 'cgroup');
  const isolated = ownNamespace && Object.keys(context.cgroupPaths).length > 0;
  let set = wholeAttributes(planned.options);
  if (!isolated && (facts.rootless || context.user.kind !== 'none')) set |= MOUNT_ATTR_RDONLY;
  const cgroup: CgroupMount = { ...planned, ownNamespace, set };
  if (facts.cgroup.mode === 'none') {
    builder.problem('unsupported', from, 'no cgroup file system is mounted on this host');
    return;
  }
  const unified = facts.cgroup.mode === 'unified' || mount.type === 'cgroup2';
  checkCgroupOptions(planned, unified);
  if (unified) mountUnified(cgroup);
  else mountHierarchies(cgroup);
}

function mountUnified(cgroup: CgroupMount): void {
  const { context, target, keep, options } = cgroup;
  const { facts, cgroupPaths, user } = context;
  const tree = facts.cgroup.unified?.mountPoint ?? '/sys/fs/cgroup';
  if (cgroup.ownNamespace) mountCgroupFs(cgroup, 'cgroup2', options.data, target, keep);
  else if (facts.rootless || user.kind !== 'none') bindFolder(cgroup, cgroupPaths[''] ?? tree, target, keep);
  else bindFolder(cgroup, tree, target, keep);
}

function mountHierarchies(cgroup: CgroupMount): void {
  const { context, target, from, options, ownNamespace, set } = cgroup;
  const { builder, facts, cgroupPaths } = context;
  const readonly = (set & MOUNT_ATTR_RDONLY) !== 0;
  const keep = readonly && cgroup.keep === NO_SLOT ? builder.stepSlot() : cgroup.keep;
  const attributes = BigInt((set & ~MOUNT_ATTR_RDONLY) | BASE);
  builder.add(
    from,
    fileSystemStep({ type: 'tmpfs', source: 'tmpfs', parameters: ['mode=755'], attributes, target, keep }),
  );
  for (const [mountPoint, controllers] of byMount(facts.cgroup.controllers)) {
    const folder = mountPoint.slice(mountPoint.lastIndexOf('/') + 1);
    const names = controllers.map(({ name }) => name);
    const path = `${target}/${folder}`;
    if (ownNamespace) mountCgroupFs(cgroup, 'cgroup', [...names, ...options.data], path, NO_SLOT);
    else {
      const key = names.find((name) => cgroupPaths[name] !== undefined);
      bindFolder(cgroup, key === undefined ? ownFolder(controllers[0]!) : cgroupPaths[key]!, path, NO_SLOT);
    }
    if (names.length > 1) {
      for (const name of names) {
        if (name !== folder)
          builder.add(from, { step: 'symlink', path: `${target}/${name}`, target: folder, cover: 0 });
      }
    }
  }
  if (readonly) {
    const fileSystem = !hasOwn(context.namespaces, 'mount');
    closeMounts([{ mount: keep, target, from, fileSystem }], builder);
  }
}

function mountCgroupFs(cgroup: CgroupMount, type: string, parameters: string[], target: string, keep: number): void {
  const attributes = BigInt(cgroup.set);
  cgroup.context.builder.add(
    cgroup.from,
    fileSystemStep({ type, source: 'cgroup', parameters, attributes, target, keep }),
  );
}

function bindFolder(cgroup: CgroupMount, source: string, target: string, keep: number): void {
  const { context, sources, from, set } = cgroup;
  const tree = sources.open(from, source, true);
  // All below too: other hierarchies may be mounted in the host's tree.
  context.builder.add(from, bindStep({ tree, source, recursive: 1, target, recursiveSet: BigInt(set), keep }));
}
