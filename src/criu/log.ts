import { TsruncError, withFields } from '../error.js';
import type { Native } from '../native/native.js';
import { readRegularFile } from '../regular-file.js';

const LOG_LIMIT = 64 << 20;
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
  const lines = errorLines(native, path).map((line) => `\n  ${line}`);
  const more = lines.length > 0 ? `:${lines.join('')}` : '';
  return withFields(error, { path }, `${error.message}; its log is ${path}${more}`);
}
