/** JSON pointers (RFC 6901): how errors, warnings and steps name a field of config.json. */

/** The parts of a pointer, unescaped. The pointer '', which names the whole document, has no parts. */
export function splitPointer(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((part) => (part.includes('~') ? part.replaceAll('~1', '/').replaceAll('~0', '~') : part));
}

/** The pointer of a value within the one that `pointer` names. Each part is a member's name, escaped here, or an item's index. */
export function joinPointer(pointer: string, ...parts: readonly (string | number)[]): string {
  let joined = pointer;
  for (const part of parts) {
    joined += `/${typeof part === 'string' ? part.replaceAll('~', '~0').replaceAll('/', '~1') : part}`;
  }
  return joined;
}
