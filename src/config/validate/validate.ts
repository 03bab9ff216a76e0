/** Finds everything that is wrong, surely not meant, or unsafe in a file, without looking at the host. */
import type { Position } from '../../base/error.js';
import { joinPointer } from '../../base/json-pointer.js';
import type { Finding } from '../findings.js';
import { type FileKind, type Inspection, inspect } from '../inspect.js';
import { JsonSyntaxError } from '../json/json-scan.js';
import { positionAt } from '../json/json-text.js';
import type { Spec } from '../spec.js';
import { advise } from './advice.js';
import type { Severity } from './codes.js';
import { type Decoded, decode, loneSurrogate } from './encoding.js';
import { checkFields } from './fields.js';
import { foldLater, foldProblems, withRightNames } from './fold.js';
import { checkMountWords } from './mount-words.js';
import { checkEffects } from './no-effect.js';
import { checkOddValues } from './odd-values.js';
import { checkRootless } from './rootless.js';
import { type Note, partsOf } from './rule.js';
import { checkShadowed } from './shadowed-mounts.js';

export type { FileKind } from '../inspect.js';
export type { Severity } from './codes.js';

/** Something that was found in a file. */
export interface ValidationFinding {
  readonly severity: Severity;
  /** Its kind: a key of `codes`. */
  readonly code: string;
  /** JSON pointer (RFC 6901) of the field; '' for the file as a whole. */
  readonly pointer: string;
  /** Where the field begins, or what it would have to be in; lines and columns count from 1. */
  readonly position?: Position;
  /** What is wrong and, for errors and warnings, what would be right. */
  readonly message: string;
  /** Mistakes that are there only because of this one, and have no findings of their own. */
  readonly follow?: readonly { readonly pointer: string; readonly message: string }[];
}

/** What to look for. */
export interface ValidateOptions {
  /** What the file is; config.json when left out. */
  readonly kind?: FileKind;
  /** Whether to give advice about security, too (of config.json). */
  readonly advise?: boolean;
  /** Finds further mistakes in a configuration that has none so far: those of a plan, which this room knows nothing of. */
  readonly further?: (spec: Spec) => readonly Finding[];
}

/**
 * Finds everything in a file that `create` would refuse, that is surely not meant, and, if asked for, what is unsafe.
 * @param input the text of the file, or its bytes
 * @returns the findings: wrong names that others come of first, then in the order of the file. Nothing is thrown for a bad file.
 */
export function validateText(
  input: string | Uint8Array,
  options: ValidateOptions = {},
): { findings: readonly ValidationFinding[] } {
  const { kind = 'config' } = options;
  const decoded: Decoded = typeof input === 'string' ? { text: input } : decode(input);
  const { text, refused } = decoded;
  const only = (code: string, message: string, position: Position) => ({
    findings: [{ severity: 'error' as const, code, pointer: '', position, message }],
  });
  if (refused !== undefined) return only('encoding', refused, { line: 1, column: 1 });
  try {
    return { findings: findingsOf(decoded, inspect(text, kind), kind, options) };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const position = positionAt(text, error.offset);
    if (text.charCodeAt(0) === 0xfeff) return only('encoding', error.message, position);
    const { invalid } = decoded;
    if (invalid?.position.line === position.line && invalid.position.column === position.column) {
      return only(
        'encoding',
        `has the byte 0x${invalid.byte.toString(16)}, which is no UTF-8; must be UTF-8`,
        position,
      );
    }
    return only('syntax', error.message, position);
  }
}

function findingsOf(
  decoded: Decoded,
  { value, findings, positionOf }: Inspection,
  kind: FileKind,
  options: ValidateOptions,
): ValidationFinding[] {
  const { text } = decoded;
  const first = foldProblems(text, kind, findings);
  const later = first.problems.length === 0 && kind === 'config' ? (options.further?.(value as Spec) ?? []) : [];
  const { problems, warnings } = foldLater(later, first);
  const refused = new Set(
    problems.flatMap(({ pointer, follow = [] }) => [pointer, ...follow.map((one) => one.pointer)]),
  );
  const found: ValidationFinding[] = [];
  const add = (severity: Severity, fallback: string, finding: Finding, at?: Position): void => {
    const position = at ?? positionOf(finding.pointer) ?? { line: 1, column: 1 };
    const follow = finding.follow?.map((one) => ({ pointer: one.pointer, message: one.text }));
    found.push({
      severity,
      code: finding.code ?? fallback,
      pointer: finding.pointer,
      position,
      message: finding.text,
      ...(follow && { follow }),
    });
  };
  for (const problem of problems) add('error', 'invalid', problem);
  for (const warning of warnings) if (warning.code !== 'encoding') add('warning', 'no-effect', warning);
  noteEncoding(decoded, value, warnings, add);
  const fixed = withRightNames(text, kind, { problems, warnings });
  const notes = notesOf(value, options);
  // What is not noted once the names are right came of them.
  const left = fixed === undefined ? undefined : new Set(notesOf(inspect(fixed, kind).value, options).map(keyOf));
  for (const one of notes) {
    if (isRefused(one.pointer, refused) || left?.has(keyOf(one)) === false) continue;
    add(one.severity, one.code, one);
  }
  return sorted(found);
}

interface Noted extends Finding {
  readonly severity: Severity;
  readonly code: string;
}

const keyOf = ({ code, pointer, text }: Noted): string => `${code}\n${pointer}\n${text}`;

/** What the rules of this room note about a value whose invalid parts were taken out. */
function notesOf(value: unknown, { kind = 'config', advise: wanted = false }: ValidateOptions): readonly Noted[] {
  const notes: Noted[] = [];
  const note =
    (severity: Severity): Note =>
    (code, pointer, text) =>
      notes.push({ severity, code, pointer, text });
  const parts = partsOf(value, kind);
  const warn = note('warning');
  checkFields(parts, warn);
  checkEffects(parts, warn);
  checkShadowed(parts.mounts, warn);
  checkMountWords(parts.mounts, warn);
  checkOddValues(parts, warn);
  if (parts.spec !== undefined) checkRootless(parts.spec, warn);
  if (wanted && parts.spec !== undefined) advise(parts.spec, note('advice'));
  return notes;
}

/** Whether a field, or what it is in, has an error: nothing more is to be said of it then. */
function isRefused(pointer: string, refused: ReadonlySet<string>): boolean {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) if (refused.has(at)) return true;
  return false;
}

/** Warns of bytes that are no UTF-8, and of halves of surrogate pairs: the runtime has U+FFFD in their place. */
function noteEncoding(
  { text, invalid }: Decoded,
  value: unknown,
  warnings: readonly Finding[],
  add: (severity: Severity, fallback: string, finding: Finding, at?: Position) => void,
): void {
  const code = 'encoding';
  const replaced = warnings.filter((warning) => warning.code === code);
  if (invalid !== undefined) {
    const { byte, count, position } = invalid;
    const more = count === 1 ? '' : `, and ${count - 1} more`;
    const words = `holds the byte 0x${byte.toString(16)}, which is no UTF-8${more}; must be UTF-8, or it becomes U+FFFD`;
    add('warning', code, { code, pointer: replaced[0]?.pointer ?? '', text: words }, position);
  } else for (const warning of replaced) add('warning', code, warning);
  if (!/\\u[dD][89a-fA-F]/.test(text)) return;
  const left: { inner: unknown; pointer: string }[] = [{ inner: value, pointer: '' }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { inner, pointer } = next;
    if (typeof inner === 'string' && loneSurrogate.test(inner)) {
      const words = 'holds half of a surrogate pair (\\uD800 to \\uDFFF); must be a pair, or it becomes U+FFFD';
      add('warning', code, { code, pointer, text: words });
    } else if (typeof inner === 'object' && inner !== null) {
      for (const [name, member] of Object.entries(inner))
        left.push({ inner: member, pointer: joinPointer(pointer, name) });
    }
  }
}

/** Wrong names that others come of first; all else in the order of the file, and errors before others of one place. */
function sorted(findings: readonly ValidationFinding[]): ValidationFinding[] {
  const rank = { error: 0, warning: 1, advice: 2 };
  const key = ({ follow, position, severity }: ValidationFinding): readonly number[] => [
    follow === undefined ? 1 : 0,
    position?.line ?? 0,
    position?.column ?? 0,
    rank[severity],
  ];
  const keyed = findings.map((finding) => ({ finding, key: key(finding) }));
  keyed.sort((a, b) => {
    for (let i = 0; i < a.key.length; i++) if (a.key[i] !== b.key[i]) return a.key[i]! - b.key[i]!;
    return 0;
  });
  return keyed.map(({ finding }) => finding);
}
