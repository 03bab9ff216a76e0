/** Turns an error into what stderr and the log show. */
import { TsruncError } from '../base/error.js';
import { withoutControls } from '../base/quote.js';
import { formatProblem } from '../config/format-problem.js';

/** An error as it is shown. */
export interface ErrorDescription {
  /** For people. An error with several problems has a line for each. */
  readonly text: string;
  /** The members of the line in a JSON log, besides level, msg and time. */
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
  return withoutControls(hint === undefined ? error.message : `${error.message}; ${hint}`);
}

/** What is known about one error. Members that are undefined don't appear in JSON. */
function keysOf(error: TsruncError): Record<string, unknown> {
  const { step, syscall, errno, path, remark, pointer, position, file, hint } = error.fields;
  return {
    code: error.code,
    step,
    syscall,
    errno,
    path,
    remark,
    pointer,
    file,
    line: position?.line,
    column: position?.column,
    hint,
  };
}

/**
 * Describes anything that was thrown. What is not a TsruncError is a bug, and gets the code 'internal' and the stack.
 * @param prefix stands before the text, e.g. "tsrunc create failed: "
 */
export function describeError(error: unknown, prefix: string): ErrorDescription {
  if (!(error instanceof TsruncError)) {
    const message = error instanceof Error ? error.message : String(error);
    const stack = error instanceof Error ? error.stack : undefined;
    return { text: `${prefix}internal error: ${message}`, fields: { code: 'internal', stack } };
  }
  const problems = error.fields.problems?.map((problem) => ({ ...keysOf(problem), msg: problem.message }));
  // An error with several problems has the place of the first one, besides the list of them.
  const own = keysOf(error.fields.problems?.[0] ?? error);
  return { text: prefix + textOf(error), fields: { ...own, code: error.code, problems } };
}
