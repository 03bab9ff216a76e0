/** What `validate` has found, as text and as JSON. */
import { linesText, shorten } from '../base/quote.js';
import type { FileKind, Severity, ValidationFinding } from '../config/validate/validate.js';

/** A file and what was found in it. */
export interface ValidatedFile {
  /** As the user named it. */
  readonly name: string;
  readonly kind: FileKind;
  readonly findings: readonly ValidationFinding[];
}

const countOf = ({ findings }: ValidatedFile, severity: Severity): number =>
  findings.filter((finding) => finding.severity === severity).length;

/** A line for each finding, `FILE:LINE:COLUMN: SEVERITY: POINTER: MESSAGE [CODE]`, and one with their number. */
export function findingsText(file: ValidatedFile): string {
  const lines = file.findings.map(({ severity, code, pointer, position, message }) => {
    const place = position === undefined ? file.name : `${file.name}:${position.line}:${position.column}`;
    const parts = [place, severity, shorten(pointer), message].filter((part) => part !== '');
    return `${parts.join(': ')} [${code}]`;
  });
  const counts = [
    [countOf(file, 'error'), 'error', 'errors'],
    [countOf(file, 'warning'), 'warning', 'warnings'],
    [countOf(file, 'advice'), 'piece of advice', 'pieces of advice'],
  ] as const;
  const said = counts
    .filter(([count]) => count > 0)
    .map(([count, one, more]) => `${count} ${count === 1 ? one : more}`);
  lines.push(said.length === 0 ? `${file.name}: nothing found` : `${file.name}: ${said.join(', ')}`);
  return linesText(lines);
}

/** An object with the findings and their number; docs/validate.md has its members. */
export function findingsJson(file: ValidatedFile): string {
  const document = {
    file: file.name,
    kind: file.kind,
    errors: countOf(file, 'error'),
    warnings: countOf(file, 'warning'),
    advice: countOf(file, 'advice'),
    findings: file.findings.map(({ severity, code, pointer, position, message, follow }) => ({
      severity,
      code,
      pointer,
      line: position?.line,
      column: position?.column,
      message,
      follow,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
