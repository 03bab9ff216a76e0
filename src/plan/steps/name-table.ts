/** Tables from names in the specification to numbers of the kernel. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';

/** Names in the specification with the number that the kernel (or libseccomp) uses for each. */
export type NameTable<T = number> = Readonly<Record<string, T>>;

/**
 * The number of a name, or undefined if the table doesn't have it; inherited names such as `toString` don't count.
 */
export function numberOf<T>(table: NameTable<T>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/**
 * The error for a name that isn't in the table, with the known names as its hint.
 * @param what kind of name was expected, e.g. `scheduling policy`
 * @param pointer JSON pointer of the name
 */
export function unknownName(table: NameTable<unknown>, name: string, what: string, pointer: string): TsruncError {
  const hint = `one of ${Object.keys(table).join(', ')}`;
  return new TsruncError('config', `unknown ${what} ${quote(name)}`, { pointer, hint });
}
