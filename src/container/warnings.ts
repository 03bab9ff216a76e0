import { TsruncError, type Warn } from '../base/error.js';
import type { Finding } from '../config/findings.js';
import type { SourceFile } from '../config/source-file.js';
import type { Plan } from '../plan/plan.js';
import { withPosition } from './error-location.js';
import type { Runtime } from './runtime.js';

/** Runtime.warn for what pointers into `source` are about: each warning gets its place there. */
export function warnIn(rt: Pick<Runtime, 'warn'>, source: SourceFile | undefined): Warn {
  return (warning) => rt.warn(source === undefined ? warning : (withPosition(warning, source) as TsruncError));
}

/** Warns of what the checks of a file found. */
export function warnOfFindings(warn: Warn, findings: readonly Finding[]): void {
  for (const { pointer, text } of findings) warn(new TsruncError('config', text, { pointer }));
}

/** Warns of what a plan leaves out. */
export function warnOfPlan(warn: Warn, { warnings }: Pick<Plan, 'warnings'>): void {
  for (const { from, text } of warnings)
    warn(new TsruncError('unsupported', text, from === '' ? {} : { pointer: from }));
}
