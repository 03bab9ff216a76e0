// Trees of files that become packages: with modes that don't depend on who packs, and one time for all.
import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** An empty directory in the place of what was there. */
export function emptied(directory) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Writes a file of a tree; `content` is text or bytes. */
export function put(tree, path, content) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), content);
}

/** Copies a file into a tree. */
export function copy(from, tree, path) {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  copyFileSync(from, join(tree, path));
}

/** The files below a directory, sorted, as paths relative to it. */
export function filesOf(directory) {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(directory, name)).isFile())
    .sort();
}

/**
 * Gives a whole tree its modes and its time: 755 to directories and to the files that `executables` names, 644 to the others.
 * @param epoch in seconds
 */
export function settle(tree, epoch, executables) {
  const names = readdirSync(tree, { recursive: true, encoding: 'utf8' });
  // The deepest first: a directory's time changes with what is in it.
  for (const name of [...names.sort().reverse(), '.']) {
    const path = join(tree, name);
    const isProgram = lstatSync(path).isDirectory() || executables.includes(name);
    chmodSync(path, isProgram ? 0o755 : 0o644);
    utimesSync(path, epoch, epoch);
  }
}
