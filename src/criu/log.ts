/** Quotes criu's log in errors. */
import { TsruncError, withFields } from '../base/error.js';
import type { Native } from '../native/native.js';
import { readRegularFile } from '../native/regular-file.js';

const LOG_LIMIT = 64 << 20;
/** criu's messages that don't tell the user what to do, and an explanation for each. */
const explanations: readonly (readonly [RegExp, string])[] = [
  [
    /Can't create a temporary directory: Read-only file system/,
    'a root file system that is read-only needs a directory /tmp',
  ],
];
/** How many lines of the log an error quotes at most. */
const QUOTED = 8;

/** The last lines of criu's log that have the word Error; empty when the log can't be read. */
export function errorLines(native: Native, path: string): string[] {
  let text: string;
  try {
    text = readRegularFile(native, path, LOG_LIMIT) ?? '';
  } catch (error) {
    if (error instanceof TsruncError) return [];
    throw error;
  }
  return text
    .split('\n')
    .filter((line) => line.includes('Error'))
    .slice(-QUOTED);
}

/**
 * The same error, with the path of criu's log and the errors in it added to the message.
 * @param path of the log
 */
export function withLog(native: Native, error: TsruncError, path: string): TsruncError {
  const found = errorLines(native, path);
  const why = explanations.filter(([words]) => found.some((line) => words.test(line))).map(([, text]) => `: ${text}`);
  const more = found.length > 0 ? `:${found.map((line) => `\n  ${line}`).join('')}` : '';
  return withFields(error, { path }, `${error.message}${why.join('')}; its log is ${path}${more}`);
}
