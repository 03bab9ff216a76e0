/** The cgroups of a container of which nothing but its state folder is known. */
import type { Native } from '../../native/native.js';
import type { CgroupHost } from '../plan/cgroup-host.js';
import { byMount } from '../plan/path.js';
import { subCgroups } from '../processes.js';
import { parseHolder } from './holder.js';
import type { FoundMark } from './mark.js';
import { type CgroupRecord, markOf } from './ownership.js';

/**
 * Looks through every hierarchy for cgroups that are marked as one container's.
 * @param place of its state folder (placeOf)
 * @param id its name
 * @param trustedOnly as root of the host, who sets no other marks: whoever a cgroup was given to may forge the others
 * @returns one record of them; another for each further cgroup in the same hierarchy, of earlier containers of that id
 */
export function findMarked(
  native: Native,
  host: CgroupHost,
  place: string,
  id: string,
  trustedOnly: boolean,
): CgroupRecord[] {
  const records = new Map<string, { paths: Record<string, string>; made: string[]; mark: string }>();
  const note = (key: string, folder: string, { kind, holder }: FoundMark) => {
    const record = records.get(holder) ?? { paths: {}, made: [], mark: holder };
    records.set(holder, record);
    if (kind === 'above') record.made.push(folder);
    else record.paths[key] = folder;
  };
  const walk = (key: string, folder: string) => {
    for (const child of subCgroups(native, folder, key === '')) {
      const mark = markOf(native, child, trustedOnly);
      if (mark !== undefined && mark !== 'gone' && isOf(mark, place, id)) note(key, child, mark);
      walk(key, child);
    }
  };
  for (const [mountPoint, controllers] of byMount(host.controllers))
    walk(controllers.map(({ name }) => name).join(','), mountPoint);
  if (host.unified !== undefined) walk('', host.unified.mountPoint);
  return [...records.values()];
}

function isOf({ holder }: FoundMark, place: string, id: string): boolean {
  const parsed = parseHolder(holder);
  return parsed?.place === place && parsed.folder.endsWith(`/${id}`);
}
