/** Finds criu's images. */
import { S_IFDIR, S_IFMT } from '../native/flags.js';
import type { Native } from '../native/native.js';

/** The name of criu's symlink to the images that a dump builds upon. */
const PARENT = 'parent';
/** More pre-dumps than anybody makes: an end for a chain of symlinks that leads back to itself. */
const MOST_PARENTS = 64;

/** The names of the images in a directory. */
export function imagesIn(native: Native, directory: string): string[] {
  return native.readDir(directory).filter((name) => name.endsWith('.img'));
}

/**
 * A directory of images, and those that it builds upon.
 * @param parent of the first one, relative to it
 */
export function withParents(native: Native, path: string, parent = PARENT): string[] {
  const found = [path];
  let directory = `${path}/${parent}`;
  while (found.length < MOST_PARENTS) {
    const stat = native.stat(directory, true);
    if (stat === null || (stat.mode & S_IFMT) !== S_IFDIR) break;
    found.push(directory);
    directory = `${directory}/${PARENT}`;
  }
  return found;
}
