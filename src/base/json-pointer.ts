/** JSON pointers (RFC 6901): how errors, warnings and steps name a field of config.json. */

/** The parts of a pointer, unescaped; of '', which names the whole document, none. */
export function splitPointer(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((part) => (part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part));
}

/** The pointer of a member or item of what `pointer` names: each part is a name, escaped here, or an index. */
export function joinPointer(pointer: string, ...parts: readonly (string | number)[]): string {
  let joined = pointer;
  for (const part of parts) {
    joined += `/${typeof part === 'string' ? part.replaceAll('~', '~0').replaceAll('/', '~1') : part}`;
  }
  return joined;
}
