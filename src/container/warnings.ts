/** Warnings about a configuration: what is left out, or done although it looks like a mistake. */
import { TsruncError, type Warn } from '../base/error.js';
import type { Finding } from '../config/findings.js';
import type { SourceFile } from '../config/source-file.js';
import type { ProcessPlan } from '../plan/plan.js';
import { withPosition } from './error-location.js';
import type { Runtime } from './runtime.js';

/**
 * A function like Runtime.warn for warnings with pointers into `source`: it adds the position in that file, if there
 * is a file.
 */
export function warnIn(rt: Pick<Runtime, 'warn'>, source: SourceFile | undefined): Warn {
  return (warning) => rt.warn(source === undefined ? warning : (withPosition(warning, source) as TsruncError));
}

/** Warns of the findings of the checks of a file, as errors of kind 'config'. */
export function warnOfFindings(warn: Warn, findings: readonly Finding[]): void {
  for (const { pointer, text } of findings) warn(new TsruncError('config', text, { pointer }));
}

/** Warns of what a plan leaves out, as errors of kind 'unsupported' with the pointer of the field. */
export function warnOfPlan(warn: Warn, { warnings }: Pick<ProcessPlan, 'warnings'>): void {
  for (const { pointer, text } of warnings)
    warn(new TsruncError('unsupported', text, pointer === '' ? {} : { pointer }));
}
