/**
 * Paths as text, for comparing and printing. None of this says what a path leads to: with symlinks and mounts on the way, only
 * the kernel knows that.
 */

/** The path made absolute, without empty, `.` and `..` components: `a/../b//c/` gives `/b/c`, and `/..` gives `/`. */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/**
 * True for most paths, which then needn't be split. A path with a name that begins with a dot is not recognised here although
 * it may be clean; cleanPath then gives the same path, only more slowly.
 */
function isClean(path: string): boolean {
  return path.startsWith('/') && !path.includes('//') && !path.includes('/.') && (path === '/' || !path.endsWith('/'));
}

/** True when path is the directory `directory` or anything below it. Both must be as cleanPath gives them. */
export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
