/** Makes an optional member that is null the same as one that isn't there. */
import { contains } from '../../base/contains.js';
import { type ShapeName, shapeOf, visitObjects } from '../shapes.js';

/**
 * Deletes members that are null from value: programs in Go, Python and Rust write an absent value as null. Required members stay, and
 * so do items of arrays and values of maps of objects, for which null is a mistake that the validation then reports.
 * @param text the text that value was parsed from
 * @param name which kind of file it is
 * @returns how many members were deleted
 */
export function dropNulls(text: string, value: unknown, name: ShapeName): number {
  if (!contains(text, 'null')) return 0;
  let dropped = 0;
  visitObjects(value, shapeOf(name), ({ members, names, shape }) => {
    const { members: known = {}, required, each } = shape;
    const plainMap = each !== undefined && each.members === undefined && each.each === undefined;
    for (const name of names) {
      if (members[name] !== null || required?.includes(name) || !(plainMap || Object.hasOwn(known, name))) continue;
      delete members[name];
      dropped++;
    }
  });
  return dropped;
}
