import { type ShapeName, shapeOf, visitObjects } from '../shapes.js';

/**
 * Takes members that are null out of value: generators in Go, Python and Rust write what isn't there as null. Those that are
 * required stay; so do items of arrays and of maps of objects, where something is there and says nothing.
 * @param text that value is parsed from
 * @returns how many were taken out
 */
export function dropNulls(text: string, value: unknown, name: ShapeName): number {
  if (!text.includes('null')) return 0;
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
