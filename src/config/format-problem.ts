import type { TsruncError } from '../base/error.js';
import { shorten } from '../base/quote.js';

/**
 * An error in a file as one line, `config.json:12:5: /process/cwd: is …; must be …`; an error that stands for several as one
 * line each. Parts that the error doesn't know are left out.
 */
export function formatProblem(error: TsruncError): string {
  const { problems, file, position, pointer, hint } = error.fields;
  if (problems !== undefined && problems.length > 0) return problems.map(formatProblem).join('\n');
  const place = [file, position && `${position.line}:${position.column}`]
    .filter((part) => part !== undefined)
    .join(':');
  const parts = [place, shorten(pointer ?? ''), error.message].filter((part) => part !== '');
  return hint === undefined ? parts.join(': ') : `${parts.join(': ')}; ${hint}`;
}
