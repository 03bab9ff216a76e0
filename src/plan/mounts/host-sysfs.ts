/** /sys of a container that can't have a sysfs of its own. */

import { cleanPath, isAtOrBelow } from '../../base/path.js';
import { quote } from '../../base/quote.js';
import type { MountOptions } from '../../config/mount-options.js';
import type { Mount } from '../../config/spec.js';
import { CLONE_NEWNET, MS_PRIVATE, MS_REC } from '../../native/flags.js';
import type { ContainerContext } from '../container-context.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { wholeAttributes } from './file-system-mount.js';
import { coverLabel } from './masked-paths.js';
import { mapsIds } from './planned-mount.js';

/**
 * Whether the kernel would refuse a sysfs: it wants root of the user namespace that the network namespace belongs to
 * (user_namespaces(7)), and one that was there before belongs to another. Where both are joined, only the kernel knows.
 */
export function lacksSysfs({ user, namespaces }: ContainerContext): boolean {
  if (user.kind === 'none' || (namespaces.made & CLONE_NEWNET) !== 0) return false;
  return user.kind === 'made' || !namespaces.joined.some(({ type }) => type === 'network');
}

/**
 * The host's /sys in its place, with all that is mounted below; the options that were asked for count for all of it, `ro` among
 * them, as it is the host's to change. What the host mounts there later, without those options, does not come to the container, unless a
 * propagation asks for it. Id maps, and options of a file system, which no bind mount has, are noted as problems.
 */
export function hostSysfs(
  mount: Mount,
  options: MountOptions,
  from: string,
  { builder, namespaces }: ContainerContext,
): { mount: Mount; options: MountOptions } {
  const ownMounts = hasOwn(namespaces, 'mount');
  const bound = "the host's /sys, which is bound where a user namespace can mount no sysfs,";
  if (mapsIds(mount))
    builder.problem('unsupported', from, `${bound} can't be id-mapped`, 'remove idmap, uidMappings and gidMappings');
  const [word] = [...options.data, ...options.parameters, ...(options.iversion === undefined ? [] : ['iversion'])];
  if (word !== undefined)
    builder.problem('unsupported', `${from}/options`, `${bound} takes no option ${quote(word)}`, 'remove it');
  return {
    mount: { destination: mount.destination, type: 'bind', source: '/sys' },
    options: {
      ...options,
      bind: { recursive: true },
      recursiveSet: wholeAttributes(options),
      propagations: options.propagations.length > 0 || !ownMounts ? options.propagations : [MS_REC | MS_PRIVATE],
    },
  };
}

/**
 * Cgroups of the host are hidden below it, unless a later mount of the container's covers them. One before is covered itself, and one
 * below covers a part.
 * @param from pointer of the mount of /sys
 */
export function hideCgroups(
  { spec, facts, builder, namespaces }: ContainerContext,
  target: string,
  from: string,
): void {
  const path = `${target}/fs/cgroup`;
  const later = (spec.mounts ?? []).slice(Number(from.slice(from.lastIndexOf('/') + 1)) + 1);
  const covered = later.some(
    ({ destination, options }) => !options?.includes('remount') && isAtOrBelow(path, cleanPath(destination)),
  );
  if (!covered && hasOwn(namespaces, 'mount'))
    builder.add(from, { step: 'mask-path', path, ...coverLabel(spec, facts) });
}
