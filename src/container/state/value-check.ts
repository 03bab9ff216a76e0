/** Builds descriptions of JSON values that serve both as a check at run time and as a type (Checked). */
import { isObject } from '../../base/is-object.js';

/**
 * Returns undefined for a right value, otherwise the JSON pointer from the value to the mistake in it, and what is
 * wrong. Pointers are put together only for a mistake, since every command checks a state and hardly any is wrong.
 */
export interface Check<T> {
  (value: unknown): string | undefined;
  /** The type of a right value. Only the compiler uses it, there is no such member. */
  readonly type?: T;
}

/** A member of an object that may be missing. */
interface Optional<T> {
  readonly optional: Check<T>;
}

type Members = Record<string, Check<unknown> | Optional<unknown>>;

type ObjectOf<M extends Members> = {
  [Name in keyof M as M[Name] extends Check<unknown> ? Name : never]: Checked<M[Name]>;
} & {
  [Name in keyof M as M[Name] extends Check<unknown> ? never : Name]?: Checked<M[Name]> | undefined;
};

/** The type of the values that a check lets through. */
export type Checked<C> = C extends Check<infer T> ? T : C extends Optional<infer T> ? T : never;

/** Checks of single values; `count` is for whole numbers from 0 on. */
export const text: Check<string> = (value) => (typeof value === 'string' ? undefined : ' is not a string');
export const flag: Check<boolean> = (value) => (typeof value === 'boolean' ? undefined : ' is not a boolean');
export const number: Check<number> = (value) => (Number.isFinite(value) ? undefined : ' is not a number');
export const count: Check<number> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : ' is not a whole number from 0 on';

/** One of these values. */
export const oneOf =
  <const T extends string | number>(...values: T[]): Check<T> =>
  (value) =>
    (values as unknown[]).includes(value) ? undefined : ` is none of ${values.join(', ')}`;

/** An array whose items all pass the check. */
export const list =
  <T>(item: Check<T>): Check<T[]> =>
  (value) => {
    if (!Array.isArray(value)) return ' is not an array';
    for (let i = 0; i < value.length; i++) {
      const one: unknown = value[i];
      // Most items are strings, and calling the check would take QuickJS ten times as long.
      if (item === text && typeof one === 'string') continue;
      const wrong = item(one);
      if (wrong !== undefined) return `/${i}${wrong}`;
    }
    return undefined;
  };

/** An object with any names, whose values all pass the check. */
export const record =
  <T>(item: Check<T>): Check<Record<string, T>> =>
  (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const key in value) {
      const one = value[key];
      if (item === text && typeof one === 'string') continue;
      const wrong = item(one);
      if (wrong !== undefined) return `/${key}${wrong}`;
    }
    return undefined;
  };

/** Marks a member of `object` that may be missing. */
export const optional = <T>(check: Check<T>): Optional<T> => ({ optional: check });

/** An object with these members and no other. */
export function object<M extends Members>(members: M): Check<ObjectOf<M>> {
  const names = Object.keys(members);
  const checks = Object.values(members).map((member) => (typeof member === 'function' ? member : member.optional));
  const needed = Object.values(members).map((member) => typeof member === 'function');
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    // By the names that there may be, not by those that there are: `for (const name in value)` takes QuickJS twice as long.
    let found = 0;
    for (let i = 0; i < names.length; i++) {
      const member = value[names[i]!];
      if (member === undefined) {
        if (needed[i]) return `/${names[i]} is missing`;
        continue;
      }
      found++;
      const check = checks[i]!;
      if (check === text && typeof member === 'string') continue;
      const wrong = check(member);
      if (wrong !== undefined) return `/${names[i]}${wrong}`;
    }
    const given = Object.keys(value);
    return found === given.length ? undefined : `/${given.find((name) => !names.includes(name))} is unknown`;
  };
}
