/** Finds the values of a file that a pattern of a JSON pointer names. */
import { joinPointer } from '../../base/json-pointer.js';

/**
 * Calls visit for each value that is there, with its JSON pointer.
 * @param pattern a JSON pointer in which * stands for every item of an array, or every member of a map
 * @param pointer the JSON pointer of value itself
 */
export function eachAt(
  value: unknown,
  pattern: string,
  visit: (value: unknown, pointer: string) => void,
  pointer = '',
): void {
  if (pattern === '') {
    if (value !== undefined) visit(value, pointer);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const end = pattern.indexOf('/', 1);
  const name = end < 0 ? pattern.slice(1) : pattern.slice(1, end);
  const rest = end < 0 ? '' : pattern.slice(end);
  const members = value as Readonly<Record<string, unknown>>;
  for (const one of name === '*' ? Object.keys(members) : [name]) {
    if (Object.hasOwn(members, one)) eachAt(members[one], rest, visit, joinPointer(pointer, one));
  }
}
