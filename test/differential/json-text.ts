/** A value that can be written as JSON; numbers that a double does not hold are bigints. */
export type Json = null | boolean | number | bigint | string | Json[] | { [name: string]: Json };

/** JSON.stringify that knows bigints. */
export function jsonText(value: unknown, indent?: number): string {
  const marked = JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `\u0001${inner}` : inner), indent);
  return marked.replaceAll(/"\\u0001(-?\d+)"/g, '$1');
}
