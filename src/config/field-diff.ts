/** Compares two configurations field by field. */
import { isObject } from '../base/is-object.js';
import { joinPointer } from '../base/json-pointer.js';
import { writeJson } from './json/json-write.js';

/** A field that two configurations have not the same in. */
export interface FieldDifference {
  /** Its pointer in the first and in the second configuration; undefined where it isn't there. */
  readonly first: string | undefined;
  readonly second: string | undefined;
  /** Its values. */
  readonly before: unknown;
  readonly after: unknown;
}

/** What tells the items of a list apart, so that one that was put in between doesn't make all that follow differ. */
const names = ['destination', 'type', 'path', 'name', 'hostID', 'pageSize'] as const;

/**
 * The innermost fields that differ, in the order of the first configuration; those that only the second one has come behind their
 * siblings. Items of lists are found by what names them (`destination` of mounts, `type` of namespaces …), or by their text.
 */
export function fieldDifferences(before: unknown, after: unknown, first = '', second = ''): FieldDifference[] {
  if (writeJson(before) === writeJson(after)) return [];
  // The words of a command line mean something together only.
  const isCommand = first.endsWith('/args');
  if (Array.isArray(before) && Array.isArray(after) && !isCommand) return listDifferences(before, after, first, second);
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => {
      const [one, other] = [joinPointer(first, key), joinPointer(second, key)];
      if (!Object.hasOwn(after, key)) return [{ first: one, second: undefined, before: before[key], after: undefined }];
      if (!Object.hasOwn(before, key))
        return [{ first: undefined, second: other, before: undefined, after: after[key] }];
      return fieldDifferences(before[key], after[key], one, other);
    });
  }
  return [{ first, second, before, after }];
}

function listDifferences(before: unknown[], after: unknown[], first: string, second: string): FieldDifference[] {
  const places = new Map<string, number[]>();
  after.forEach((item, i) => {
    const name = nameOf(item);
    places.set(name, [...(places.get(name) ?? []), i]);
  });
  const differences = before.flatMap((item, i): FieldDifference[] => {
    const at = places.get(nameOf(item))?.shift();
    if (at === undefined) return [{ first: `${first}/${i}`, second: undefined, before: item, after: undefined }];
    return fieldDifferences(item, after[at], `${first}/${i}`, `${second}/${at}`);
  });
  const added = [...places.values()].flat().sort((a, b) => a - b);
  const more = added.map((i) => ({ first: undefined, second: `${second}/${i}`, before: undefined, after: after[i] }));
  const all = [...differences, ...more];
  // The same items in another order.
  return all.length > 0 ? all : [{ first, second, before, after }];
}

/** Environment variables by their name, objects by a field that names them, everything else by itself. */
function nameOf(item: unknown): string {
  if (typeof item === 'string') return item.split('=', 1)[0]!;
  if (!isObject(item)) return writeJson(item);
  const name = names.find((one) => typeof item[one] === 'string' || typeof item[one] === 'number');
  return name === undefined ? writeJson(item) : `${name} ${item[name]}`;
}
