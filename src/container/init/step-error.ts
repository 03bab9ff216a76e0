import { errnoText } from '../../base/errno-text.js';
import { TsruncError } from '../../base/error.js';
import type { InitMessage } from '../../native/native.js';
import type { PlannedStep } from '../../plan/plan.js';
import { MessageKind, parseErrorText } from '../../plan/steps/protocol.js';
import { initHookError } from '../creation/hooks.js';
import { executePhrase, notFoundPhrase, type Phrase } from './executable-error.js';

/** What is known of a step when it fails; kept in state.json for the steps that only run at `start`. */
export interface StepLabel {
  readonly step: string;
  /** JSON pointer of the field that asked for it, or ''. */
  readonly from: string;
  /** The program, for the steps that find and execute it. */
  readonly about: string;
}

/** The label of a step of a plan. */
export function stepLabel(step: PlannedStep): StepLabel {
  let about = '';
  if (step.step === 'find-executable') about = step.name;
  if (step.step === 'exec') about = step.args[0] ?? '';
  return { step: step.step, from: step.from, about };
}

/**
 * The error of an `error` or `hookFailed` message of init: it names the step, the field of config.json that asked for
 * it, the system call and its errno.
 */
export function messageError(message: InitMessage, label: StepLabel | undefined): TsruncError {
  if (message.kind === MessageKind.hookFailed) return initHookError(label?.from ?? '', message.value, message.text);
  const { syscall, detail } = parseErrorText(message.text);
  const pointer = failedField(label, syscall);
  const place = pointer === undefined ? '' : `${pointer}: `;
  const fields = {
    ...(pointer !== undefined && { pointer }),
    // Before any step, or beyond the last.
    step: label?.step ?? 'init',
    syscall,
    errno: message.value,
    ...(detail !== '' && { path: detail }),
  };
  if (label?.step === 'find-executable' || label?.step === 'exec') {
    const phrase = programPhrase(label, detail, message.value);
    const hint = phrase.hint === undefined ? {} : { hint: phrase.hint };
    return new TsruncError('step', `${place}unable to start container process: ${phrase.text}`, { ...fields, ...hint });
  }
  const what = detail === '' ? syscall : `${syscall} ${detail}`;
  return new TsruncError('step', `${place}${fields.step}: ${what}: ${errnoText(message.value)}`, fields);
}

/** The field a failed step is about: of a mount, its source where that is what couldn't be opened. */
function failedField(label: StepLabel | undefined, syscall: string): string | undefined {
  if (label === undefined || label.from === '') return undefined;
  return syscall === 'open_tree' && /^\/mounts\/\d+$/.test(label.from) ? `${label.from}/source` : label.from;
}

function programPhrase(label: StepLabel, detail: string, errno: number): Phrase {
  if (label.step === 'find-executable') return notFoundPhrase(label.about, errno);
  return executePhrase(detail === '' ? label.about : detail, errno);
}
