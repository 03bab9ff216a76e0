/** The types of D-Bus values and their signatures (D-Bus specification, "Type System"). */

/** A value of the type `v`: it carries its own type, as the signature of one complete type. */
export interface Variant {
  readonly signature: string;
  readonly value: DbusValue;
}

/**
 * A value. It is a number for the types y n q i u d, a bigint for x t, a boolean for b, a string for s o g, a
 * Uint8Array for ay, an array for any other array and for a struct, a pair [key, value] for a dictionary entry, and a
 * Variant for v.
 */
export type DbusValue = number | bigint | boolean | string | Uint8Array | Variant | readonly DbusValue[];

/** How deep containers may be nested: the specification allows 32 arrays and 32 structs within each other. */
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

/** The alignment of a type in bytes: offsets of its values, from the start of the message, are multiples of it. */
export function alignmentOf(type: string): number {
  return alignments[type.charAt(0)] ?? 1;
}

/**
 * Splits a signature into its complete types: 'sa(iu)' gives s and a(iu).
 * @returns undefined if it isn't a valid signature
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

/** True if the signature is exactly one complete type. */
export function isSingleType(signature: string): boolean {
  return signature !== '' && signature.length <= MAX_SIGNATURE && endOfType(signature, 0, 0) === signature.length;
}

/** The offset after the complete type that begins at `at`; -1 if no valid type begins there. */
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
