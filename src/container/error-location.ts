import { TsruncError, withFields } from '../base/error.js';
import type { SourceFile } from '../config/source-file.js';

/**
 * Does `work` on behalf of a field of config.json: an error that names no field itself gets this one.
 */
export function atField<T>(pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TsruncError) || pointer === '' || error.pointer !== undefined) throw error;
    throw withFields(error, { pointer }, named(error, pointer));
  }
}

/** Errors of the configuration are printed with their field in any case; the text of the others has to say it. */
function named(error: TsruncError, pointer: string): string {
  const { code, message } = error;
  return code === 'config' || code === 'unsupported' || message.startsWith(pointer)
    ? message
    : `${pointer}: ${message}`;
}

/** The error with the place of its field in the file, where that is known; one that stands for several with the place of each. */
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
