/**
 * Mount options that hold the id maps of an idmapped mount, as crun takes them (crun(1), "idmap mount options"):
 * `idmap=uids=0-1000-10#10-2000-5;gids=@0-0-10`.
 */
import { quote } from '../base/quote.js';
import type { IdMapping, Linux, Mount } from './spec.js';

const OPTION = 'idmap=';
const TOP = 2 ** 32 - 1;

/** Whether an option is of this kind; false for undefined, the hole that an item which the schema refused has left. */
export const isInlineIdMap = (option: string | undefined): boolean => option?.startsWith(OPTION) === true;

/** The maps of such an option, in the form of the members of a mount. */
export interface InlineIdMap {
  uidMappings: IdMapping[];
  gidMappings: IdMapping[];
}

/**
 * The maps in an option for which isInlineIdMap is true. A range FROM-TO-COUNT has ids of the host as TO; in @FROM-TO-COUNT they
 * are ids of the container, for which the mappings in `linux` give those of the host.
 * @returns a text "...; must ..." for an option that can't be read
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

/**
 * The mount with uidMappings and gidMappings in place of such an option; a mount without one is returned as it is. The checks must
 * have found nothing wrong with it.
 */
export function withInlineIdMap(mount: Mount, linux: Linux | undefined): Mount {
  const option = mount.options?.find(isInlineIdMap);
  if (option === undefined) return mount;
  const maps = readInlineIdMap(option, linux ?? {});
  if (typeof maps === 'string') return mount;
  return { ...mount, ...maps, options: mount.options!.map((one) => (one === option ? 'idmap' : one)) };
}
