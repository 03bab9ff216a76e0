/** The container that a cgroup is marked with, as text: whoever reads the mark can say whose the cgroup is, and ask whether it is still there. */
import type { FileStat, Native } from '../../native/native.js';

export interface Holder {
  /** Device and inode of the state folder, `DEV:INO`. */
  place: string;
  /** When the container was made: inodes are used again. */
  created: string;
  /** Path of the state folder, as its maker saw it. */
  folder: string;
}

/** `DEV:INO CREATED FOLDER`. */
export function holderText({ place, created, folder }: Holder): string {
  return `${place} ${created} ${folder}`;
}

/** Undefined for what is no such text. */
export function parseHolder(text: string): Holder | undefined {
  const [, place, created, folder] = /^(\d+:\d+) (\S+) (\/.*)$/s.exec(text) ?? [];
  return place === undefined || created === undefined || folder === undefined ? undefined : { place, created, folder };
}

export function placeOf({ dev, ino }: Pick<FileStat, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`;
}

/** Whether the state folder of that container is (still) there. */
export function holderExists(native: Native, text: string): boolean {
  const holder = parseHolder(text);
  const stat = holder && native.stat(holder.folder, false);
  return stat != null && placeOf(stat) === holder?.place;
}
