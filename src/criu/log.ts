import { TsruncError, withFields } from '../base/error.js';
import type { Native } from '../native/native.js';
import { readRegularFile } from '../native/regular-file.js';

const LOG_LIMIT = 64 << 20;
/** What criu's words are no help with. */
const explanations: readonly (readonly [RegExp, string])[] = [
  [
    /Can't create a temporary directory: Read-only file system/,
    'a root file system that is read-only needs a folder /tmp',
  ],
];
/** How many of criu's lines an error quotes. */
const QUOTED = 8;

/** The last lines with an error in criu's log; none when it can't be read. */
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

/** The same error with what criu's log says about it, and where that is. */
export function withLog(native: Native, error: TsruncError, path: string): TsruncError {
  const found = errorLines(native, path);
  const why = explanations.filter(([words]) => found.some((line) => words.test(line))).map(([, text]) => `: ${text}`);
  const more = found.length > 0 ? `:${found.map((line) => `\n  ${line}`).join('')}` : '';
  return withFields(error, { path }, `${error.message}${why.join('')}; its log is ${path}${more}`);
}
