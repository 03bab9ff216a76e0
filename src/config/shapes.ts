/** Which names of members the schemas know: for checks of the names in a file, and of members that are null. */
import { joinPointer } from '../base/json-pointer.js';
import { shapeText } from './generated/shape-text.js';

/** The names that the schemas know in one part of a file. The shape of an array is that of its items. */
export interface Shape {
  /** The members of an object. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** The names of the members that must be there. */
  readonly required?: readonly string[];
  /** For a map, where any name may be used: the shape of its values. */
  readonly each?: Shape;
}

/** A kind of file: a whole config.json, or a part of one. `mounts` is an object with that member, `mount` an array of mounts. */
export type ShapeName = 'config' | 'process' | 'resources' | 'mounts' | 'mount';

let config: Shape | undefined;

/** The shape of a kind of file. It is parsed on first use, as files without anything unusual don't need it. */
export function shapeOf(name: ShapeName): Shape {
  config ??= JSON.parse(shapeText) as Shape;
  const { process, linux, mounts: mount = {} } = config.members ?? {};
  const mounts = { members: { mounts: mount }, required: ['mounts'] };
  const shapes = { config, process, resources: linux?.members?.resources, mounts, mount };
  return shapes[name] ?? {};
}

/** An object that visitObjects has found. */
export interface Visited {
  /** The object itself. */
  readonly members: Record<string, unknown>;
  readonly names: readonly string[];
  /** Its shape; {} for an object below a name that the schemas don't know. */
  readonly shape: Shape;
  /** Makes its JSON pointer. */
  pointer(): string;
}

interface Place {
  readonly inner: object;
  readonly shape: Shape;
  readonly around: Place | undefined;
  readonly name: string | number;
}

/** Calls visit for value, which has this shape, and for every object within it; an object comes before those within it. */
export function visitObjects(value: unknown, shape: Shape, visit: (object: Visited) => void): void {
  if (typeof value !== 'object' || value === null) return;
  // A list instead of recursion: parts that the schemas don't know may be nested so deeply that the stack would overflow.
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

/** The shape of a member of an object or map that has the given shape. */
function memberShape({ members, each }: Shape, name: string): Shape {
  return (members !== undefined && Object.hasOwn(members, name) ? members[name] : each) ?? {};
}
