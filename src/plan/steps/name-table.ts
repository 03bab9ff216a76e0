import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';

/** Names of the specification and the number the kernel (or libseccomp) has for each. */
export type NameTable<T = number> = Readonly<Record<string, T>>;

/** The number of a name; undefined for one that isn't in the table. */
export function numberOf<T>(table: NameTable<T>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The error for a name that isn't in the table. `what` says what it should name, e.g. `scheduling policy`. */
export function unknownName(table: NameTable<unknown>, name: string, what: string, pointer: string): TsruncError {
  const hint = `one of ${Object.keys(table).join(', ')}`;
  return new TsruncError('config', `unknown ${what} ${quote(name)}`, { pointer, hint });
}
