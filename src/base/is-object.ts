/** Tells the kinds of parsed JSON apart. */

/** True for an object, not for an array or null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
