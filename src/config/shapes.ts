import { joinPointer } from '../base/json-pointer.js';
import { shapeText } from './generated/shape-text.js';

/** What the schemas know of the names in a value; an array has the shape of its items. */
export interface Shape {
  /** The members of an object. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** Those of them that must be there. */
  readonly required?: readonly string[];
  /** Of a map, whose names are free: the shape of each value. */
  readonly each?: Shape;
}

/** mounts: an object with the member mounts. */
export type ShapeName = 'config' | 'process' | 'resources' | 'mounts' | 'mount';

let config: Shape | undefined;

/** The shape of config.json, or of a file that holds one part of it. Made on first use: ordinary files never need it. */
export function shapeOf(name: ShapeName): Shape {
  config ??= JSON.parse(shapeText) as Shape;
  const { process, linux, mounts: mount = {} } = config.members ?? {};
  const mounts = { members: { mounts: mount }, required: ['mounts'] };
  const shapes = { config, process, resources: linux?.members?.resources, mounts, mount };
  return shapes[name] ?? {};
}

/** An object within a value. */
export interface Visited {
  readonly members: Record<string, unknown>;
  readonly names: readonly string[];
  /** What the schemas know of it: nothing, {}, below a name that they don't have. */
  readonly shape: Shape;
  pointer(): string;
}

interface Place {
  readonly inner: object;
  readonly shape: Shape;
  readonly around: Place | undefined;
  readonly name: string | number;
}

/** Calls visit for value and for every object within it, the outer ones first. */
export function visitObjects(value: unknown, shape: Shape, visit: (object: Visited) => void): void {
  if (typeof value !== 'object' || value === null) return;
  // A list, not recursion: what isn't in the schema may be nested deeply.
  const left: Place[] = [{ inner: value, shape, around: undefined, name: '' }];
  for (let place = left.pop(); place !== undefined; place = left.pop()) {
    const { inner, shape } = place;
    if (Array.isArray(inner)) {
      for (let index = 0; index < inner.length; index++) {
        const item: unknown = inner[index];
        if (typeof item === 'object' && item !== null) left.push({ inner: item, shape, around: place, name: index });
      }
      continue;
    }
    const members = inner as Record<string, unknown>;
    const names = Object.keys(members);
    const here = place;
    visit({ members, names, shape, pointer: () => pointerTo(here) });
    for (const name of names) {
      const member = members[name];
      if (typeof member !== 'object' || member === null) continue;
      left.push({ inner: member, shape: memberShape(shape, name), around: place, name });
    }
  }
}

function pointerTo(place: Place): string {
  const parts: (string | number)[] = [];
  for (let at = place; at.around !== undefined; at = at.around) parts.push(at.name);
  return joinPointer('', ...parts.reverse());
}

/** What is known of a member of an object or map. */
function memberShape({ members, each }: Shape, name: string): Shape {
  return (members !== undefined && Object.hasOwn(members, name) ? members[name] : each) ?? {};
}
