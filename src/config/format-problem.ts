/** How an error in a file is written as text. */
import type { TsruncError } from '../base/error.js';
import { onOneLine, shorten } from '../base/quote.js';

/**
 * An error in a file as one line: `config.json:12:5: /process/cwd: is ...; must be ...`. Parts that the error doesn't have are
 * left out. An error with several problems has a line for each.
 */
export function formatProblem(error: TsruncError): string {
  const { problems, file, position, pointer, hint } = error.fields;
  if (problems !== undefined && problems.length > 0) return problems.map(formatProblem).join('\n');
  const place = [file, position && `${position.line}:${position.column}`]
    .filter((part) => part !== undefined)
    .join(':');
  const parts = [place, shorten(pointer ?? ''), error.message].filter((part) => part !== '');
  return onOneLine(hint === undefined ? parts.join(': ') : `${parts.join(': ')}; ${hint}`);
}
