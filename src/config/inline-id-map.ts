/** Id maps within a mount option, as crun takes them (crun(1), "idmap mount options"): idmap=uids=0-1000-10#10-2000-5;gids=@0-0-10. */
import { quote } from '../base/quote.js';
import type { IdMapping, Linux, Mount } from './spec.js';

const OPTION = 'idmap=';
const TOP = 2 ** 32 - 1;

/** Whether an option of a mount is one of those; none is what the schema has taken out. */
export const isInlineIdMap = (option: string | undefined): boolean => option?.startsWith(OPTION) === true;

export interface InlineIdMap {
  uidMappings: IdMapping[];
  gidMappings: IdMapping[];
}

/**
 * The maps that an option holds. With `@` the second number is an id of the container, of which the container's own mapping says
 * what it is on the host.
 * @returns what is wrong, as "…; must …", for an option that can't be read
 */
export function readInlineIdMap(option: string, linux: Linux): InlineIdMap | string {
  const maps: Partial<Record<'uids' | 'gids', IdMapping[]>> = {};
  for (const part of option.slice(OPTION.length).split(';')) {
    const [, kind, text = ''] = /^(uids|gids)=(.+)$/.exec(part) ?? [];
    if (kind === undefined) return `has ${quote(part)}; must have uids=FROM-TO-COUNT and gids=FROM-TO-COUNT`;
    const key = kind as 'uids' | 'gids';
    if (maps[key] !== undefined) return `has ${key} twice; must have them once`;
    const read = readRanges(text, (key === 'uids' ? linux.uidMappings : linux.gidMappings) ?? []);
    if (typeof read === 'string') return read;
    maps[key] = read;
  }
  const { uids, gids } = maps;
  if (uids === undefined || gids === undefined) return `has no ${uids === undefined ? 'uids' : 'gids'}; must have both`;
  return { uidMappings: uids, gidMappings: gids };
}

function readRanges(text: string, container: readonly IdMapping[]): IdMapping[] | string {
  const mappings: IdMapping[] = [];
  for (const range of text.split('#')) {
    const [, at, ...numbers] = /^(@?)(\d{1,10})-(\d{1,10})-(\d{1,10})$/.exec(range) ?? [];
    const [containerID = 0, to = 0, size = 0] = numbers.map(Number);
    if (at === undefined || size === 0 || containerID + size > TOP || to + size > TOP)
      return `has ${quote(range)}; must have ranges FROM-TO-COUNT of ids`;
    const hostID = at === '' ? to : onHost(to, size, container);
    if (hostID === undefined)
      return `has ${quote(range)}, which one mapping of /linux does not hold; must be split, or mapped there`;
    mappings.push({ containerID, hostID, size });
  }
  return mappings;
}

function onHost(id: number, size: number, mappings: readonly IdMapping[]): number | undefined {
  const mapping = mappings.find((one) => id >= one.containerID && id + size <= one.containerID + one.size);
  return mapping && mapping.hostID + id - mapping.containerID;
}

/** The mount with the maps of such an option in place of the option; one without it as it is. The checks have found nothing wrong with it. */
export function withInlineIdMap(mount: Mount, linux: Linux | undefined): Mount {
  const option = mount.options?.find(isInlineIdMap);
  if (option === undefined) return mount;
  const maps = readInlineIdMap(option, linux ?? {});
  if (typeof maps === 'string') return mount;
  return { ...mount, ...maps, options: mount.options!.map((one) => (one === option ? 'idmap' : one)) };
}
