import { TsruncError } from '../base/error.js';
import { formatProblem } from '../config/format-problem.js';

export interface ErrorDescription {
  /** What a person reads: problems of a file each on a line of their own. */
  readonly text: string;
  /** The keys of the JSON log line besides level, msg and time. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const count = (n: number): string => (n === 1 ? '1 problem' : `${n} problems`);

function textOf(error: TsruncError): string {
  const { problems, file, pointer, position, hint } = error.fields;
  if (problems?.length) {
    const where = file === undefined ? '' : ` in ${file}`;
    return [`${count(problems.length)}${where}`, ...problems.map(formatProblem)].join('\n');
  }
  if (pointer !== undefined && !error.message.includes(pointer)) return formatProblem(error);
  if (position && file) return formatProblem(new TsruncError(error.code, error.message, { file, position, hint }));
  return hint === undefined ? error.message : `${error.message}; ${hint}`;
}

/** The keys of one error; those without a value are left out by JSON.stringify. */
function keysOf(error: TsruncError): Record<string, unknown> {
  const { step, syscall, errno, path, pointer, position, file, hint } = error.fields;
  return {
    code: error.code,
    step,
    syscall,
    errno,
    path,
    pointer,
    file,
    line: position?.line,
    column: position?.column,
    hint,
  };
}

/**
 * An error as text for stderr and as keys for the log.
 * @param prefix what failed, e.g. "tsrunc create failed: ".
 */
export function describeError(error: unknown, prefix: string): ErrorDescription {
  if (!(error instanceof TsruncError)) {
    const message = error instanceof Error ? error.message : String(error);
    const stack = error instanceof Error ? error.stack : undefined;
    return { text: `${prefix}internal error: ${message}`, fields: { code: 'internal', stack } };
  }
  const problems = error.fields.problems?.map((problem) => ({ ...keysOf(problem), msg: problem.message }));
  // With several problems the line itself carries the first one's place.
  const own = keysOf(error.fields.problems?.[0] ?? error);
  return { text: prefix + textOf(error), fields: { ...own, code: error.code, problems } };
}
