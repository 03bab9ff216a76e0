/** Reads the JSON log of a runtime: lines, as tsrunc, runc and youki write them, or objects over several lines, as crun does. */
import type { Position } from '../../../base/error.js';

/** One entry of a runtime's log. Only `level` and `message` are always there; runc, crun and youki write little more. */
export interface LogEntry {
  /** `error`, `warning`, `info`, `debug` … */
  readonly level: string;
  /** What the runtime says. */
  readonly message: string;
  /** When, in the runtime's own form, mostly RFC 3339. */
  readonly time?: string;
  /** The kind of error, e.g. `config`: see RuntimeErrorCode. */
  readonly code?: string;
  /** JSON pointer (RFC 6901) of the field of the configuration that it is about. */
  readonly pointer?: string;
  /** The file that `pointer` and `position` are about. */
  readonly file?: string;
  /** Where the field's value begins in that file. */
  readonly position?: Position;
  /** The step of the plan that failed, by its name in `explain`. */
  readonly step?: string;
  /** The system call that failed. */
  readonly syscall?: string;
  /** Its errno, a positive number. */
  readonly errno?: number;
  /** The path that it was about. */
  readonly path?: string;
  /** What else it was about, in words. */
  readonly remark?: string;
  /** What would be right, or what to do. */
  readonly hint?: string;
  /** The single problems, where there are several. */
  readonly problems?: readonly LogEntry[];
  /** What was warned of before the command failed. */
  readonly warnings?: readonly LogEntry[];
}

/**
 * The entries of a log.
 * @param text JSON objects, one after the other; what is not JSON between them is skipped
 */
export function readLog(text: string): LogEntry[] {
  return objectTexts(text).flatMap((one) => {
    try {
      return [entryOf(JSON.parse(one) as Fields, 'info')];
    } catch {
      return [];
    }
  });
}

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

function entryOf(fields: Fields, level: string): LogEntry {
  // youki's entries have the message among the fields of its tracing library.
  const inner = isFields(fields.fields) ? fields.fields : fields;
  const message = text(fields.msg) ?? text(inner.message) ?? text(inner.msg) ?? '';
  const line = number(fields.line);
  const several = (value: unknown, kind: string): LogEntry[] | undefined =>
    Array.isArray(value) ? value.filter(isFields).map((one) => entryOf(one, kind)) : undefined;
  const known = {
    level: (text(fields.level) ?? level).toLowerCase(),
    message: message.trim(),
    time: text(fields.time) ?? text(fields.timestamp),
    code: text(fields.code),
    pointer: text(fields.pointer),
    file: text(fields.file),
    position: line === undefined ? undefined : { line, column: number(fields.column) ?? 1 },
    step: text(fields.step),
    syscall: text(fields.syscall),
    errno: number(fields.errno),
    path: text(fields.path),
    remark: text(fields.remark),
    hint: text(fields.hint),
    problems: several(fields.problems, 'error'),
    warnings: several(fields.warnings, 'warning'),
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as unknown as LogEntry;
}

/** The texts of the outermost objects. */
function objectTexts(log: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let i = 0; i < log.length; i++) {
    const char = log[i];
    if (quoted) {
      if (char === '\\') i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = depth > 0;
    else if (char === '{') {
      if (depth++ === 0) start = i;
    } else if (char === '}' && depth > 0 && --depth === 0) found.push(log.slice(start, i + 1));
  }
  return found;
}
