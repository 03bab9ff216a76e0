import { byMount, ownFolder } from '../cgroup/path.js';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID, MOUNT_ATTR_RDONLY } from '../native/flags.js';
import type { ContainerContext } from './container-context.js';
import type { MountOptions } from './mount-options.js';
import { hasOwn } from './namespaces.js';
import type { SourceClones } from './sources.js';
import { NO_SLOT } from './step-table.js';

const BASE = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/**
 * Steps for a mount of type `cgroup`.
 *
 * cgroup v2: the cgroup2 file system, which a cgroup namespace roots at the container's cgroup. v1 and hybrid: a tmpfs with a folder
 * for each hierarchy and links for controllers mounted together. Without a cgroup namespace of its own the container
 * gets its cgroup's folders bound there; rootless they are read-only, since they belong to the caller (CVE-2023-25809).
 * On pure v2 a privileged container gets the host's whole tree, where /proc/self/cgroup has its path.
 */
export function planCgroupMount(
  context: ContainerContext,
  sources: SourceClones,
  options: MountOptions,
  target: string,
  from: string,
): void {
  const { facts, builder, namespaces } = context;
  const ownNamespace = hasOwn(namespaces, 'cgroup');
  let set = options.set;
  if (!ownNamespace && (facts.rootless || context.user.kind !== 'none')) set |= MOUNT_ATTR_RDONLY;
  const mount: CgroupMount = { context, sources, options, target, from, ownNamespace, set };
  if (facts.cgroup.mode === 'none') {
    builder.problem('unsupported', from, 'no cgroup file system is mounted on this host');
  } else if (facts.cgroup.mode === 'unified') mountUnified(mount);
  else mountHierarchies(mount);
}

interface CgroupMount {
  context: ContainerContext;
  sources: SourceClones;
  options: MountOptions;
  target: string;
  from: string;
  ownNamespace: boolean;
  /** MOUNT_ATTR_* asked for. */
  set: number;
}

function mountUnified(mount: CgroupMount): void {
  const { facts, cgroupPaths, user } = mount.context;
  const tree = facts.cgroup.unified?.mountPoint ?? '/sys/fs/cgroup';
  if (mount.ownNamespace) mountCgroupFs(mount, 'cgroup2', [], mount.target);
  else if (facts.rootless || user.kind !== 'none') bindFolder(mount, cgroupPaths[''] ?? tree, mount.target);
  // Not a mount of its own: made in the first cgroup namespace it would reset nsdelegate and the like for the whole host.
  else bindFolder(mount, tree, mount.target);
}

function mountHierarchies(mount: CgroupMount): void {
  const { context, target, from, options, ownNamespace } = mount;
  const { builder, facts, cgroupPaths } = context;
  builder.add(from, {
    step: 'mount-fs',
    type: 'tmpfs',
    source: 'tmpfs',
    parameters: ['mode=755'],
    attributes: BigInt(BASE),
    target,
    mode: 0o755,
    inheritMode: 0,
    copyUp: 0,
    mustBeDirectory: 0,
    userns: NO_SLOT,
  });
  for (const [mountPoint, controllers] of byMount(facts.cgroup.controllers)) {
    const folder = mountPoint.slice(mountPoint.lastIndexOf('/') + 1);
    const names = controllers.map(({ name }) => name);
    const path = `${target}/${folder}`;
    if (ownNamespace) mountCgroupFs(mount, 'cgroup', [...names, ...options.data], path);
    else {
      const key = names.find((name) => cgroupPaths[name] !== undefined);
      bindFolder(mount, key === undefined ? ownFolder(controllers[0]!) : cgroupPaths[key]!, path);
    }
    if (names.length > 1) {
      for (const name of names) {
        if (name !== folder)
          builder.add(from, { step: 'symlink', path: `${target}/${name}`, target: folder, replace: 0 });
      }
    }
  }
  if ((mount.set & MOUNT_ATTR_RDONLY) === 0) return;
  if (!hasOwn(context.namespaces, 'mount')) {
    builder.warn(
      from,
      `${target} itself stays writable: only the hierarchies in it are read-only without a mount namespace`,
    );
  } else {
    const setAttributes = BigInt(MOUNT_ATTR_RDONLY);
    builder.add(from, { step: 'mount-attributes', target, setAttributes, clearAttributes: 0n, recursive: 0 });
  }
}

function mountCgroupFs(mount: CgroupMount, type: string, parameters: string[], target: string): void {
  mount.context.builder.add(mount.from, {
    step: 'mount-fs',
    type,
    source: 'cgroup',
    parameters,
    attributes: BigInt(mount.set),
    target,
    mode: 0o755,
    inheritMode: 0,
    copyUp: 0,
    mustBeDirectory: 0,
    userns: NO_SLOT,
  });
}

function bindFolder(mount: CgroupMount, source: string, target: string): void {
  mount.context.builder.add(mount.from, {
    step: 'mount-bind',
    tree: mount.sources.open(mount.from, source, true),
    source,
    recursive: 1,
    target,
    setAttributes: BigInt(mount.set),
    clearAttributes: 0n,
    mustBeDirectory: 0,
  });
}
