import { joinPointer } from '../../base/json-pointer.js';
import type { Findings } from '../findings.js';
import { countMembers, mostMembers } from '../json/count-members.js';
import { repeatedNames } from '../json/json-text.js';
import { type Shape, type ShapeName, shapeOf, type Visited, visitObjects } from '../shapes.js';

/** What was counted already. */
export interface Counted {
  /** Members of the value that the schemas know. */
  readonly known: number;
  /** Members that were in the text and are not in the value. */
  readonly dropped: number;
}

/**
 * Refuses names that would take something away in silence: those that differ from a known one in letter case alone, which
 * runtimes in Go take for the known one (encoding/json, Unmarshal), and those that are given twice, of which only the last
 * would count. The second holds for free names, and in what no schema knows, too.
 * @param text that value is parsed from
 * @param at the pointer of value itself
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
    if (object.shape.members !== undefined) checkCase(object, findings, at);
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
    findings.problem(at + pointer, `is given ${where}; must be given once`);
  }
}

function checkCase({ names, shape, pointer }: Visited, findings: Findings, at: string): void {
  const { members = {} } = shape;
  for (const name of names) {
    if (Object.hasOwn(members, name)) continue;
    const right = foldedNames(shape).get(fold(name));
    if (right === undefined) continue;
    findings.problem(
      joinPointer(at + pointer(), name),
      `differs from a known name in letter case alone; must be written "${right}"`,
    );
  }
}

const folded = new WeakMap<Shape, ReadonlyMap<string, string>>();

/** The names that a shape has, by what they are without regard to case. */
function foldedNames(shape: Shape): ReadonlyMap<string, string> {
  let names = folded.get(shape);
  if (names === undefined) {
    names = new Map(Object.keys(shape.members ?? {}).map((name) => [fold(name), name]));
    folded.set(shape, names);
  }
  return names;
}

/** As Go compares names: the long s is an s and the sign of the kelvin a k. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll('\u017f', 's').replaceAll('\u212a', 'k');
}
