/** Makes a failing case as small as it gets. */
import type { Json } from './json-text.js';

/** Copies of a value with one member or item less, those that take away the most first. */
export function* smaller(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    if (value.length > 3) {
      const half = value.length >> 1;
      yield value.slice(0, half);
      yield value.slice(half);
    }
    for (let i = 0; i < value.length; i++) yield [...value.slice(0, i), ...value.slice(i + 1)];
    for (let i = 0; i < value.length; i++)
      for (const inner of smaller(value[i]!)) yield [...value.slice(0, i), inner, ...value.slice(i + 1)];
  } else if (typeof value === 'object' && value !== null) {
    for (const name of Object.keys(value)) {
      const { [name]: _, ...rest } = value;
      yield rest;
    }
    for (const [name, inner] of Object.entries(value))
      for (const less of smaller(inner)) yield { ...value, [name]: less };
  }
}

/**
 * The smallest case found of which `fails` still holds, by taking away one thing after the other until nothing can go.
 * @param most how many cases may be tried
 */
export async function shrink(value: Json, fails: (smaller: Json) => Promise<boolean>, most: number): Promise<Json> {
  let smallest = value;
  let tries = 0;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of smaller(smallest)) {
      if (++tries > most) return smallest;
      if (await fails(candidate)) {
        smallest = candidate;
        found = true;
        break;
      }
    }
  }
  return smallest;
}
