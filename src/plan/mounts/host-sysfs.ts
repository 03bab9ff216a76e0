/** Plans /sys for a container that can't mount its own sysfs: the host's is bound there. */

import { cleanPath, isAtOrBelow } from '../../base/path.js';
import { quote } from '../../base/quote.js';
import type { MountOptions } from '../../config/mount-options.js';
import type { Mount } from '../../config/spec.js';
import { CLONE_NEWNET, MS_PRIVATE, MS_REC } from '../../native/flags.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { wholeAttributes } from './file-system-mount.js';
import { coverLabel } from './masked-paths.js';
import type { MountContext } from './mount-context.js';
import { mapsIds } from './planned-mount.js';

/**
 * Whether the kernel would refuse to mount a sysfs. It allows that only to root of the user namespace that owns the
 * network namespace (user_namespaces(7)), and an older network namespace is not owned by a new user namespace. If
 * both are joined, it can't be known here; then the mount is tried.
 */
export function lacksSysfs({ user, namespaces }: MountContext): boolean {
  if (user.kind === 'none' || (namespaces.made & CLONE_NEWNET) !== 0) return false;
  return user.kind === 'made' || !namespaces.joined.some(({ type }) => type === 'network');
}

/**
 * Turns a mount of sysfs into a bind mount of the host's /sys with everything below. The options, `ro` among them,
 * apply to the mounts below too. Later mounts of the host, which would lack these options, don't propagate to the
 * container unless the configuration asks for that. Id maps and file system options are noted as problems: a bind
 * mount has none.
 */
export function hostSysfs(
  mount: Mount,
  options: MountOptions,
  pointer: string,
  { builder, namespaces }: MountContext,
): { mount: Mount; options: MountOptions } {
  const ownMounts = hasOwn(namespaces, 'mount');
  const bound = "the host's /sys, which is bound where a user namespace can mount no sysfs,";
  if (mapsIds(mount))
    builder.problem('unsupported', pointer, `${bound} can't be id-mapped`, 'remove idmap, uidMappings and gidMappings');
  const [word] = [...options.data, ...options.parameters, ...(options.iversion === undefined ? [] : ['iversion'])];
  if (word !== undefined)
    builder.problem('unsupported', `${pointer}/options`, `${bound} takes no option ${quote(word)}`, 'remove it');
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
 * Masks the host's cgroups below the bound /sys, unless a later mount of the container covers all of fs/cgroup. (An
 * earlier mount there is covered by /sys itself, and one further below covers only a part.)
 * @param target where /sys is bound in the container
 * @param pointer JSON pointer of the mount of /sys
 */
export function hideCgroups({ spec, facts, builder, namespaces }: MountContext, target: string, pointer: string): void {
  const path = `${target}/fs/cgroup`;
  const later = (spec.mounts ?? []).slice(Number(pointer.slice(pointer.lastIndexOf('/') + 1)) + 1);
  const covered = later.some(
    ({ destination, options }) => !options?.includes('remount') && isAtOrBelow(path, cleanPath(destination)),
  );
  if (!covered && hasOwn(namespaces, 'mount'))
    builder.add(pointer, { step: 'mask-path', path, ...coverLabel(spec, facts) });
}
