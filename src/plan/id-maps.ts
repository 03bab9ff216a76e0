import type { IdMapping } from '../config/spec.js';

/** The text of /proc/PID/uid_map or gid_map (user_namespaces(7)): one line a mapping. */
export function idMapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

/** True when the id of the container is mapped. */
export function isMapped(mappings: readonly IdMapping[], id: number): boolean {
  return mappings.some(({ containerID, size }) => id >= containerID && id - containerID < size);
}

/** True when the mappings give away nothing but the caller's own id: the kernel lets anybody write that (user_namespaces(7)). */
export function isOwnIdOnly(mappings: readonly IdMapping[], own: number): boolean {
  const [only] = mappings;
  return mappings.length === 1 && only !== undefined && only.size === 1 && only.hostID === own;
}

/**
 * The id to take right after the user namespace is mapped: 0 where it is mapped, else the lowest there is, so that
 * files can be made (an id without a mapping gets EOVERFLOW).
 */
export function firstId(mappings: readonly IdMapping[]): number {
  if (mappings.length === 0 || isMapped(mappings, 0)) return 0;
  return Math.min(...mappings.map(({ containerID }) => containerID));
}
