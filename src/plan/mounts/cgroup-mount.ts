/** Plans mounts of type cgroup and cgroup2. */
import { hierarchies, ownDirectory } from '../../cgroup/plan/path.js';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { NO_SLOT } from '../steps/step-table.js';
import { checkCgroupOptions } from './cgroup-options.js';
import { wholeAttributes } from './file-system-mount.js';
import { closeMounts } from './late-readonly.js';
import type { MountContext } from './mount-context.js';
import { bindStep, fileSystemStep } from './mount-steps.js';
import type { PlannedMount } from './planned-mount.js';

const BASE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/**
 * Whether the container may mount cgroups: for that it needs a cgroup namespace of its own, which belongs to its user namespace. One
 * that is joined from a user namespace that is made for the container belongs to another.
 */
function mayMount({ namespaces, user }: MountContext): boolean {
  const isJoined = namespaces.joined.some(({ type }) => type === 'cgroup');
  return hasOwn(namespaces, 'cgroup') && !(isJoined && user.kind === 'made');
}

/**
 * Whether planCgroupMount has to plan a mount: one of type cgroup, or of type cgroup2 if the container has no cgroup
 * namespace. A new mount of cgroup2 in the host's cgroup namespace would reset options such as nsdelegate for the
 * whole host, so the host's mount is bound instead.
 */
export function isCgroupMount(type: string, context: MountContext): boolean {
  return type === 'cgroup' || (type === 'cgroup2' && context.facts.cgroup.unified !== undefined && !mayMount(context));
}

interface CgroupMount extends PlannedMount {
  /** Whether its cgroups are mounted, rather than bound. */
  ownNamespace: boolean;
  /** The MOUNT_ATTR_* that it gets. */
  set: number;
}

/**
 * Adds the steps for a mount of cgroups.
 *
 * cgroup v2: the cgroup2 file system, whose root in a cgroup namespace is the container's cgroup. v1 and hybrid: a
 * tmpfs with a directory for each hierarchy, and symlinks for controllers that share one. A container without its own
 * cgroup namespace gets the directories of its cgroups bound there. On pure v2 a privileged one gets the host's whole
 * tree, in which the path from /proc/self/cgroup exists.
 *
 * The mounts are read-only in a rootless container or a user namespace, since they show cgroups of the caller
 * (CVE-2023-25809), unless the container has its own cgroup and its own cgroup namespace.
 */
export function planCgroupMount(planned: PlannedMount): void {
  const { context, mount, pointer } = planned;
  const { facts, builder } = context;
  const ownNamespace = mayMount(context);
  const isolated = ownNamespace && Object.keys(context.cgroupPaths).length > 0;
  let set = wholeAttributes(planned.options);
  if (!isolated && (facts.rootless || context.user.kind !== 'none')) set |= MOUNT_ATTR_RDONLY;
  const cgroup: CgroupMount = { ...planned, ownNamespace, set };
  if (facts.cgroup.mode === 'none') {
    builder.problem('unsupported', pointer, 'no cgroup file system is mounted on this host');
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
  else if (facts.rootless || user.kind !== 'none') bindDirectory(cgroup, cgroupPaths[''] ?? tree, target, keep);
  else bindDirectory(cgroup, tree, target, keep);
}

function mountHierarchies(cgroup: CgroupMount): void {
  const { context, target, pointer, options, ownNamespace, set } = cgroup;
  const { builder, facts, cgroupPaths } = context;
  const readonly = (set & MOUNT_ATTR_RDONLY) !== 0;
  const keep = readonly && cgroup.keep === NO_SLOT ? builder.stepSlot() : cgroup.keep;
  const attributes = BigInt((set & ~MOUNT_ATTR_RDONLY) | BASE);
  builder.add(
    pointer,
    fileSystemStep({ type: 'tmpfs', source: 'tmpfs', parameters: ['mode=755'], attributes, target, keep }),
  );
  for (const { mountPoint, controllers } of hierarchies(facts.cgroup.controllers)) {
    const directory = mountPoint.slice(mountPoint.lastIndexOf('/') + 1);
    const names = controllers.map(({ name }) => name);
    const path = `${target}/${directory}`;
    if (ownNamespace) mountCgroupFs(cgroup, 'cgroup', [...names, ...options.data], path, NO_SLOT);
    else {
      const key = names.find((name) => cgroupPaths[name] !== undefined);
      bindDirectory(cgroup, key === undefined ? ownDirectory(controllers[0]!) : cgroupPaths[key]!, path, NO_SLOT);
    }
    if (names.length > 1) {
      for (const name of names) {
        if (name !== directory)
          builder.add(pointer, { step: 'symlink', path: `${target}/${name}`, target: directory, cover: 0 });
      }
    }
  }
  if (readonly) {
    const fileSystem = !hasOwn(context.namespaces, 'mount');
    closeMounts([{ mount: keep, target, pointer, fileSystem }], builder);
  }
}

function mountCgroupFs(cgroup: CgroupMount, type: string, parameters: string[], target: string, keep: number): void {
  const attributes = BigInt(cgroup.set);
  cgroup.context.builder.add(
    cgroup.pointer,
    fileSystemStep({ type, source: 'cgroup', parameters, attributes, target, keep }),
  );
}

function bindDirectory(cgroup: CgroupMount, source: string, target: string, keep: number): void {
  const { context, sources, pointer, set } = cgroup;
  const tree = sources.open(pointer, source, true);
  // The attributes go to all mounts below as well: other hierarchies may be mounted in the host's tree.
  context.builder.add(pointer, bindStep({ tree, source, recursive: 1, target, recursiveSet: BigInt(set), keep }));
}
