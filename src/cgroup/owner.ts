/** Whom a container's v2 cgroup belongs to (config-linux.md, "Cgroup ownership"). */

import { ENOENT } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import { hostId, type IdMaps } from '../config/id-mappings.js';
import type { Spec } from '../config/spec.js';
import type { Native } from '../native/native.js';

/** chown(2): leave the group as it is. */
const SAME_GROUP = 0xffffffff;
/** What a cgroup's owner needs, for kernels that don't list it in /sys/kernel/cgroup/delegate (before 4.15). */
const DELEGATED = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/** What the owner depends on beside the config. */
export interface OwnerFacts {
  /** Of the user namespace that is joined by path, where they are known. */
  readonly joinedMaps?: IdMaps;
}

/**
 * The host's uid that gets the container's cgroup: the process's, where the container has a cgroup namespace of its own and
 * mounts cgroups read-write. Then a service manager or a runtime in the container can make cgroups below.
 * @returns undefined when nothing is to be changed: else, for root, and for a uid that the config doesn't map
 */
export function cgroupOwner(config: Spec, { joinedMaps }: OwnerFacts = {}): number | undefined {
  const namespaces = config.linux?.namespaces ?? [];
  if (!namespaces.some(({ type, path }) => type === 'cgroup' && !path)) return undefined;
  const writable = (config.mounts ?? []).some(
    ({ destination, source, options }) =>
      source === 'cgroup' && /^\/sys\/fs\/cgroup\/*$/.test(destination) && !options?.includes('ro'),
  );
  if (!writable) return undefined;
  const user = namespaces.find(({ type }) => type === 'user');
  const uid = config.process?.user?.uid ?? 0;
  const owner = !user ? uid : hostId((user.path ? joinedMaps?.uid : config.linux?.uidMappings) ?? [], uid);
  return owner === 0 ? undefined : owner;
}

/** The host's uid of root in a user namespace of the container's own; undefined without one. */
export function containerRoot({ linux }: Spec): number | undefined {
  const user = linux?.namespaces?.find(({ type }) => type === 'user');
  return user === undefined || user.path ? undefined : hostId(linux?.uidMappings ?? [], 0);
}

/** Gives the folder and the files that may be delegated to a user. Files of other kernels, or of absent controllers, are left out. */
export function giveCgroup(native: Native, folder: string, uid: number): void {
  native.chown(folder, uid, SAME_GROUP);
  const listed = native
    .readFileIfExists('/sys/kernel/cgroup/delegate', 1 << 16)
    ?.split('\n')
    .filter(Boolean);
  for (const name of listed ?? DELEGATED)
    try {
      native.chown(`${folder}/${name}`, uid, SAME_GROUP);
    } catch (error) {
      if (!isErrno(error, ENOENT)) throw error;
    }
}
