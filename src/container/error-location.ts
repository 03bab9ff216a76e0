/** Adds to an error the field of config.json that it is about, and where that field stands in the file. */
import { TsruncError, withFields } from '../base/error.js';
import type { SourceFile } from '../config/source-file.js';

/**
 * Runs `work`. A TsruncError that it throws without a pointer gets this one; other errors pass unchanged.
 * @param pointer JSON pointer of the field that asks for the work; '' adds nothing
 */
export function atField<T>(pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TsruncError) || pointer === '' || error.pointer !== undefined) throw error;
    throw withFields(error, { pointer }, named(error, pointer));
  }
}

/** The message with the pointer in front, unless the error is of a kind that is always printed with its field. */
function named(error: TsruncError, pointer: string): string {
  const { code, message } = error;
  return code === 'config' || code === 'unsupported' || message.startsWith(pointer)
    ? message
    : `${pointer}: ${message}`;
}

/**
 * The error with the file and position of its field, if they are known; if it stands for several problems, each gets
 * its own. Other errors are returned unchanged.
 */
export function withPosition(error: unknown, source: SourceFile): unknown {
  if (!(error instanceof TsruncError)) return error;
  const { pointer, position, problems } = error.fields;
  if (problems !== undefined && error.fields.file === undefined) {
    const placed = problems.map((problem) => withPosition(problem, source) as TsruncError);
    return withFields(error, { file: source.file, problems: placed });
  }
  if (pointer === undefined || position !== undefined || error.fields.file !== undefined) return error;
  const found = source.positionOf(pointer);
  const place = found === undefined ? {} : { file: source.file, position: found };
  return withFields(error, place, named(error, pointer));
}
