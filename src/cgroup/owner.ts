/** Decides which user owns a container's v2 cgroup, and gives it to that user (config-linux.md, "Cgroup ownership"). */

import { ENOENT } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import { hostId, type IdMaps } from '../config/id-mappings.js';
import type { Spec } from '../config/spec.js';
import type { Native } from '../native/native.js';

/** chown(2): a group of -1 leaves the group as it is. */
const SAME_GROUP = 0xffffffff;
/**
 * The files that a cgroup's owner needs, for kernels without /sys/kernel/cgroup/delegate, which lists them (before
 * 4.15).
 */
const DELEGATED = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/** What the owner depends on besides the config. */
export interface OwnerFacts {
  /** Id maps of the user namespace that the container joins by path, where they are known. */
  readonly joinedMaps?: IdMaps;
}

/**
 * The host uid that is to own the container's cgroup. If the container has a cgroup namespace of its own and mounts
 * cgroups read-write, that is the uid of its process, so that a service manager or a runtime in the container can make
 * cgroups below.
 * @returns undefined when the owner stays: in all other cases, when the uid is root's, and when the config doesn't map
 * it
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

/** The host uid of the container's root, if the container gets a new user namespace; undefined otherwise. */
export function containerRoot({ linux }: Spec): number | undefined {
  const user = linux?.namespaces?.find(({ type }) => type === 'user');
  return user === undefined || user.path ? undefined : hostId(linux?.uidMappings ?? [], 0);
}

/**
 * Changes the owner of a cgroup directory and of the files in it that may be delegated. Listed files that don't exist,
 * as those of controllers that aren't enabled, are skipped.
 * @param uid on the host
 * @throws TsruncError 'system'
 */
export function giveCgroup(native: Native, directory: string, uid: number): void {
  native.chown(directory, uid, SAME_GROUP);
  const listed = native
    .readFileIfExists('/sys/kernel/cgroup/delegate', 1 << 16)
    ?.split('\n')
    .filter(Boolean);
  for (const name of listed ?? DELEGATED)
    try {
      native.chown(`${directory}/${name}`, uid, SAME_GROUP);
    } catch (error) {
      if (!isErrno(error, ENOENT)) throw error;
    }
}
