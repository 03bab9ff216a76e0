/** Paths as text. What a path leads to only the kernel knows; this is for comparing and for what is printed. */

/** The path without empty, `.` and `..` components, absolute: `a/../b//c/` gives `/b/c`. */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Most paths are: then there is nothing to take apart. A name that begins with a dot is none of these, but clean all the same. */
function isClean(path: string): boolean {
  return path.startsWith('/') && !path.includes('//') && !path.includes('/.') && (path === '/' || !path.endsWith('/'));
}

/** True for a folder and for what is below it. Both clean. */
export function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}
