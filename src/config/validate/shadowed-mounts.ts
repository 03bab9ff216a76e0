/** Finds mounts that a later mount hides. */
import { cleanPath } from '../../base/path.js';
import { isBindMount } from '../bind-mount.js';
import { optionKinds, PROPAGATION, REMOUNT } from '../option-kinds.js';
import type { Mount } from '../spec.js';
import type { Note } from './rule.js';

/**
 * Warns of each mount at or below whose destination a later one is mounted over it: nobody would ever see it. Destinations are
 * compared as they are written, as links are in the root file system. A remount, and an entry that only sets propagation, hides nothing.
 */
export function checkShadowed(mounts: readonly Mount[] | undefined, note: Note): void {
  // Array.from fills the holes that refused mounts have left.
  const made = Array.from(mounts ?? [], (mount: Mount | undefined) =>
    mount !== undefined && makesMount(mount) ? cleanPath(mount.destination) : '',
  );
  // From the back, with the nearest of the later mounts for each destination.
  const laterAt = new Map<string, number>();
  for (let index = made.length - 1; index >= 0; index--) {
    const place = made[index]!;
    if (place === '') continue;
    const later = nearestOver(laterAt, place);
    laterAt.set(place, index);
    if (later === undefined || isSame(mounts![index]!, mounts![later]!)) continue;
    const where = made[later] === place ? 'the same place' : made[later]!;
    note('shadowed-mount', `/mounts/${index}`, `is hidden by /mounts/${later}, at ${where}; must stand after it`);
  }
}

/** The first of the later mounts at a place or above it. */
function nearestOver(laterAt: ReadonlyMap<string, number>, place: string): number | undefined {
  let first: number | undefined;
  for (let at = place; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const index = laterAt.get(at);
    if (index !== undefined && (first === undefined || index < first)) first = index;
  }
  return first;
}

function makesMount(mount: Mount): boolean {
  const kinds = optionKinds(mount.options);
  if ((kinds & REMOUNT) !== 0) return false;
  return isBindMount(mount, kinds) || (kinds & PROPAGATION) === 0 || Boolean(mount.type);
}

/** Some engines give a mount twice. */
function isSame(one: Mount, other: Mount): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
