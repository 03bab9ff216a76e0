/** Finds the cgroups of a container by their marks, when its state file is lost and only its state directory is known. */
import type { Native } from '../../native/native.js';
import { walkBelow } from '../below.js';
import type { CgroupHost } from '../plan/cgroup-host.js';
import { controllersKey, hierarchies } from '../plan/path.js';
import { parseHolder } from './holder.js';
import type { FoundMark } from './mark.js';
import { type CgroupRecord, markOf } from './ownership.js';

/** What findMarked found of one container. */
export interface MarkedCgroups extends CgroupRecord {
  readonly made: readonly string[];
}

/**
 * Searches every hierarchy for cgroups that are marked as those of one container.
 * @param place placeOf the container's state directory
 * @param id the container's id
 * @param trustedOnly ignore weak marks. For root on the host, who sets only trusted marks: whoever owns a cgroup could
 * have forged a weak one
 * @returns one record per holder: more than one when earlier containers of the same id left cgroups behind
 */
export function findMarked(
  native: Native,
  host: CgroupHost,
  place: string,
  id: string,
  trustedOnly: boolean,
): MarkedCgroups[] {
  const records = new Map<string, { paths: Record<string, string>; made: string[]; mark: string }>();
  const note = (key: string, directory: string, { kind, holder }: FoundMark) => {
    const record = records.get(holder) ?? { paths: {}, made: [], mark: holder };
    records.set(holder, record);
    if (kind === 'above') record.made.push(directory);
    else record.paths[key] = directory;
  };
  const walk = (key: string, directory: string) =>
    walkBelow(native, directory, key === '', {
      enter(child, isNamed) {
        if (!isNamed) return false;
        const mark = markOf(native, child, trustedOnly);
        if (mark !== undefined && mark !== 'gone' && isOf(mark, place, id)) note(key, child, mark);
        return true;
      },
    });
  for (const mount of hierarchies(host.controllers)) walk(controllersKey(mount), mount.mountPoint);
  if (host.unified !== undefined) walk('', host.unified.mountPoint);
  return [...records.values()];
}

function isOf({ holder }: FoundMark, place: string, id: string): boolean {
  const parsed = parseHolder(holder);
  return parsed?.place === place && parsed.directory.endsWith(`/${id}`);
}
