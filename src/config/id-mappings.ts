import type { IdMapping } from './spec.js';

/** The id maps of a user namespace, as the runtime sees them. */
export interface IdMaps {
  readonly uid: IdMapping[];
  readonly gid: IdMapping[];
}

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

/** The ids of the container that are mapped, for a message: `0-999, 5000`. */
export function mappedText(mappings: readonly IdMapping[]): string {
  return mappings
    .map(({ containerID, size }) => (size === 1 ? `${containerID}` : `${containerID}-${containerID + size - 1}`))
    .join(', ');
}

/** The id outside the namespace (the runtime's) of one in it; undefined when it isn't mapped. */
export function hostId(mappings: readonly IdMapping[], id: number): number | undefined {
  const mapping = mappings.find(({ containerID, size }) => id >= containerID && id - containerID < size);
  return mapping && mapping.hostID + id - mapping.containerID;
}

/** What /proc/PID/uid_map or gid_map of a process in the namespace says to the runtime. Lines that are none are left out. */
export function parseIdMap(text: string): IdMapping[] {
  return [...text.matchAll(/^ *(\d+) +(\d+) +(\d+)$/gm)].map(([, containerID, hostID, size]) => ({
    containerID: Number(containerID),
    hostID: Number(hostID),
    size: Number(size),
  }));
}
