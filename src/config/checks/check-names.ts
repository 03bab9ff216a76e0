/** Checks the names of members: for names given twice, in the wrong letter case, or known to nobody. */
import { joinPointer } from '../../base/json-pointer.js';
import type { Findings } from '../findings.js';
import { countMembers, mostMembers } from '../json/count-members.js';
import { repeatedNames } from '../json/json-text.js';
import { type Shape, type ShapeName, shapeOf, type Visited, visitObjects } from '../shapes.js';
import { noteUnknown } from '../validate/unknown-keys.js';

/** Numbers of members that other steps have counted. */
export interface Counted {
  /** Members of the value that the schemas know. */
  readonly known: number;
  /** Members of the text that were deleted from the value because they are null. */
  readonly dropped: number;
}

/**
 * Refuses two kinds of names that would silently lose a setting. A name that differs from a known one only in letter case is unknown
 * here, although runtimes in Go take it for the known one (encoding/json, Unmarshal). Of a name given twice only the last value
 * counts; that is refused for every name, also for those of maps and for those the schemas don't know. Warns of names that are not
 * known at all: a runtime has to pass over them (config.md, Extensibility), but they may be misspelt.
 * @param text the text that value was parsed from
 * @param name which kind of file it is
 * @param at the JSON pointer of value itself
 */
export function checkNames(
  text: string,
  value: unknown,
  name: ShapeName,
  { known, dropped }: Counted,
  findings: Findings,
  at = '',
): void {
  if (known + dropped === mostMembers(text)) return;
  let members = dropped;
  visitObjects(value, shapeOf(name), (object) => {
    members += object.names.length;
    if (object.shape.members !== undefined) checkKnown(object, name, findings, at);
  });
  if (members !== countMembers(text)) noteRepeated(text, findings, at);
}

function noteRepeated(text: string, findings: Findings, at: string): void {
  for (const { pointer, positions } of repeatedNames(text)) {
    const places = positions.map(({ line, column }) => `${line}:${column}`);
    const where =
      places.length === 2
        ? `twice, at ${places.join(' and ')}`
        : `${places.length} times, first at ${places[0]}, last at ${places.at(-1)}`;
    findings.problem(at + pointer, `is given ${where}; must be given once`, { code: 'repeated-key' });
  }
}

function checkKnown(object: Visited, kind: ShapeName, findings: Findings, at: string): void {
  const { names, shape, members: values, pointer } = object;
  const { members = {} } = shape;
  for (const name of names) {
    if (Object.hasOwn(members, name)) continue;
    const right = foldedNames(shape).get(fold(name));
    if (right === undefined) {
      if (values[name] !== null) noteUnknown(object, name, kind, findings, at);
      continue;
    }
    const holder = at + pointer();
    findings.problem(
      joinPointer(holder, name),
      `differs from a known name in letter case alone; must be written "${right}"`,
      { code: 'letter-case', meant: joinPointer(holder, right) },
    );
  }
}

const folded = new WeakMap<Shape, ReadonlyMap<string, string>>();

/** The names of the members of a shape, by their folded form. */
function foldedNames(shape: Shape): ReadonlyMap<string, string> {
  let names = folded.get(shape);
  if (names === undefined) {
    names = new Map(Object.keys(shape.members ?? {}).map((name) => [fold(name), name]));
    folded.set(shape, names);
  }
  return names;
}

/** A name without its letter case, as Go compares names: it also takes the long s (U+017F) for s, and the kelvin sign for k. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's').replaceAll('\u212a', 'k');
}
