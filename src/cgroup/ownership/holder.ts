/**
 * The text in a cgroup's mark that identifies a container. Whoever reads the mark can name the container and check
 * whether it still exists.
 */
import type { FileStat, Native } from '../../native/native.js';

/** What identifies a container. */
export interface Holder {
  /** Device and inode of the state directory, `DEV:INO`. */
  place: string;
  /** When the container was made, because inode numbers are reused. */
  created: string;
  /** Path of the state directory, as the runtime that made the container saw it. */
  directory: string;
}

/** A holder as text: `DEV:INO CREATED DIRECTORY`. */
export function holderText({ place, created, directory }: Holder): string {
  return `${place} ${created} ${directory}`;
}

/** The holder in a text that holderText made; undefined for any other text. */
export function parseHolder(text: string): Holder | undefined {
  const [, place, created, directory] = /^(\d+:\d+) (\S+) (\/.*)$/s.exec(text) ?? [];
  return place === undefined || created === undefined || directory === undefined
    ? undefined
    : { place, created, directory };
}

/**
 * Whether a text is one of holderText, of a container with this id. Cheaper than parseHolder: every command asks this about its container,
 * and `list` about each.
 */
export function isHolderOf(id: string, text: string): boolean {
  if (!text.endsWith(`/${id}`)) return false;
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  // Neither what comes before the directory nor an id has a slash.
  return second > first + 1 && text.indexOf('/') === second + 1 && /^\d+:\d+$/.test(text.slice(0, first));
}

/** Device and inode as `DEV:INO`. */
export function placeOf({ dev, ino }: Pick<FileStat, 'dev' | 'ino'>): string {
  return `${dev}:${ino}`;
}

/**
 * Whether the state directory of a container still exists: at its path, with the same inode.
 * @param text holderText; false for any other text
 */
export function holderExists(native: Native, text: string): boolean {
  const holder = parseHolder(text);
  const stat = holder && native.stat(holder.directory, false);
  return stat != null && placeOf(stat) === holder?.place;
}
