/** /sys of a container that can't have a sysfs of its own. */

import type { MountOptions } from '../config/mount-options.js';
import type { Mount } from '../config/spec.js';
import { CLONE_NEWNET } from '../native/flags.js';
import { cleanPath, isAtOrBelow } from '../path.js';
import type { ContainerContext } from './container-context.js';
import { coverLabel } from './masked-paths.js';
import { hasOwn } from './namespaces.js';

/**
 * Whether the kernel would refuse a sysfs: it wants root of the user namespace that the network namespace belongs to
 * (user_namespaces(7)), and one that was there before belongs to another. Of two that are joined nobody knows before.
 */
export function lacksSysfs({ user, namespaces }: ContainerContext): boolean {
  if (user.kind === 'none' || (namespaces.made & CLONE_NEWNET) !== 0) return false;
  return user.kind === 'made' || !namespaces.joined.some(({ type }) => type === 'network');
}

/**
 * The host's /sys in its place, with all that is mounted below, and what was asked for on all of it. That is for reading: the rights of
 * the container's root over it are nobody's business but the host's.
 */
export function hostSysfs(mount: Mount, options: MountOptions): { mount: Mount; options: MountOptions } {
  const recursiveSet = options.recursiveSet | options.set;
  return {
    mount: { destination: mount.destination, type: 'bind', source: '/sys' },
    options: { ...options, bind: { recursive: true }, recursiveSet },
  };
}

/** Cgroups of the host are hidden below it, unless a mount of the container's goes there. */
export function hideCgroups(
  { spec, facts, builder, namespaces }: ContainerContext,
  target: string,
  from: string,
): void {
  const path = `${target}/fs/cgroup`;
  const covered = (spec.mounts ?? []).some(({ destination }) => isAtOrBelow(cleanPath(destination), path));
  if (!covered && hasOwn(namespaces, 'mount'))
    builder.add(from, { step: 'mask-path', path, ...coverLabel(spec, facts) });
}
