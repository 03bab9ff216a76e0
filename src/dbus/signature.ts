/** D-Bus type signatures (D-Bus specification, "Type System"). */

/** A value with its own type, as the type `v` holds one: signature of one complete type, and the value. */
export interface Variant {
  readonly signature: string;
  readonly value: DbusValue;
}

/**
 * A value, by its type: numbers for y n q i u d, bigint for x t, boolean for b, strings for s o g, Uint8Array for ay, an array
 * for any other array and for a struct, pairs [key, value] for dictionary entries, Variant for v.
 */
export type DbusValue = number | bigint | boolean | string | Uint8Array | Variant | readonly DbusValue[];

/** Containers within each other; the specification allows 32 arrays and 32 structs. */
export const MAX_DEPTH = 64;
const MAX_SIGNATURE = 255;

const alignments: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  s: 4,
  o: 4,
  a: 4,
  x: 8,
  t: 8,
  d: 8,
  '(': 8,
  '{': 8,
};

/** What the offset of a value of this type is a multiple of, from the start of the message. */
export function alignmentOf(type: string): number {
  return alignments[type.charAt(0)] ?? 1;
}

/**
 * The complete types of a signature: 'sa(iu)' gives s and a(iu).
 * @returns undefined when it is none
 */
export function splitSignature(signature: string): string[] | undefined {
  if (signature.length > MAX_SIGNATURE) return undefined;
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at, 0);
    if (end < 0) return undefined;
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

/** True for one complete type. */
export function isSingleType(signature: string): boolean {
  return signature !== '' && signature.length <= MAX_SIGNATURE && endOfType(signature, 0, 0) === signature.length;
}

/** Where the complete type that begins at `at` ends; -1 when there is none. */
function endOfType(signature: string, at: number, depth: number): number {
  const code = signature.charAt(at);
  if (code === '' || depth > MAX_DEPTH) return -1;
  if ('ybnqiuxtdsogv'.includes(code)) return at + 1;
  if (code === 'a') {
    if (signature.charAt(at + 1) !== '{') return endOfType(signature, at + 1, depth + 1);
    const key = signature.charAt(at + 2);
    if (key === '' || !'ybnqiuxtdsog'.includes(key)) return -1;
    const end = endOfType(signature, at + 3, depth + 2);
    return end >= 0 && signature.charAt(end) === '}' ? end + 1 : -1;
  }
  if (code !== '(' || signature.charAt(at + 1) === ')') return -1;
  let end = at + 1;
  while (end >= 0 && signature.charAt(end) !== ')') end = endOfType(signature, end, depth + 1);
  return end < 0 ? -1 : end + 1;
}
