/** Writes JSON with exact integers, which JSON.stringify can't: it throws for a bigint. */

/**
 * The text that JSON.stringify would give without indentation, with bigints as plain integers.
 * @param value objects, arrays and scalars; members that are undefined are left out
 */
export function writeJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${writeJson(member)}`).join(',')}}`;
}
