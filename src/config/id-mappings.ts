/** Id maps of user namespaces: their text in /proc, and which ids they map. */
import type { IdMapping } from './spec.js';

/** The two id maps of a user namespace; hostID is an id in the namespace that the runtime is in. */
export interface IdMaps {
  readonly uid: IdMapping[];
  readonly gid: IdMapping[];
}

/** The text to write to /proc/PID/uid_map or gid_map: a line for each mapping (user_namespaces(7)). */
export function idMapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join('');
}

/** True when an id of the container has a mapping, and so exists in it. */
export function isMapped(mappings: readonly IdMapping[], id: number): boolean {
  return mappings.some(({ containerID, size }) => id >= containerID && id - containerID < size);
}

/**
 * True when nothing but one id, `own`, is mapped. The kernel lets any user write such a map for the own id; every other map needs
 * a privilege or newuidmap(1) (user_namespaces(7)).
 */
export function isOwnIdOnly(mappings: readonly IdMapping[], own: number): boolean {
  const [only] = mappings;
  return mappings.length === 1 && only !== undefined && only.size === 1 && only.hostID === own;
}

/** How many mappings a message names. */
const mostNamed = 10;

/** The ids of the container that are mapped, as a message shows them: `0-999, 5000`. */
export function mappedText(mappings: readonly IdMapping[]): string {
  const ranges = mappings
    .slice(0, mostNamed)
    .map(({ containerID, size }) => (size === 1 ? `${containerID}` : `${containerID}-${containerID + size - 1}`));
  const more = mappings.length - ranges.length;
  return ranges.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The id that an id of the container is outside, in the runtime's namespace; undefined when it isn't mapped. */
export function hostId(mappings: readonly IdMapping[], id: number): number | undefined {
  const mapping = mappings.find(({ containerID, size }) => id >= containerID && id - containerID < size);
  return mapping && mapping.hostID + id - mapping.containerID;
}

/**
 * The mappings in the text of /proc/PID/uid_map or gid_map of a process in the namespace. The kernel shows the reader, that is the
 * runtime, its own ids as hostID. Lines of another form are left out.
 */
export function parseIdMap(text: string): IdMapping[] {
  return [...text.matchAll(/^ *(\d{1,10}) +(\d{1,10}) +(\d{1,10})$/gm)].map(([, containerID, hostID, size]) => ({
    containerID: Number(containerID),
    hostID: Number(hostID),
    size: Number(size),
  }));
}
