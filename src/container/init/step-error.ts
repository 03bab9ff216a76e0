/** Makes the error for a step of init that failed. */
import { errnoText } from '../../base/errno-text.js';
import { TsruncError } from '../../base/error.js';
import { callFields, describeCall, type FailedCall } from '../../base/failed-call.js';
import type { InitMessage } from '../../native/native.js';
import { MessageKind, parseErrorText } from '../../plan/steps/protocol.js';
import { initHookError } from '../creation/hooks.js';
import { executeText, notFoundText } from './executable-error.js';
import type { StepLabel } from './step-label.js';

/**
 * The error for a message `error` or `hookFailed` of init. It names the step, the field that asks for it, the system
 * call and its errno.
 * @param label the step that failed; undefined if init failed outside of any step
 */
export function messageError(message: InitMessage, label: StepLabel | undefined): TsruncError {
  if (message.kind === MessageKind.hookFailed) return initHookError(label?.pointer ?? '', message.value, message.text);
  const call = parseErrorText(message.text);
  const pointer = failedField(label, call);
  const place = pointer === undefined ? '' : `${pointer}: `;
  const fields = {
    ...(pointer !== undefined && { pointer }),
    // Without a label, init failed before the first step or after the last.
    step: label?.step ?? 'init',
    errno: message.value,
    ...callFields(call),
  };
  const program = programText(label, call, message.value);
  const what = program ?? `${fields.step}: ${describeCall(call)}: ${errnoText(message.value)}`;
  return new TsruncError('step', `${place}${what}`, fields);
}

/** The field that a failed step is about; for a mount whose source couldn't be opened, its source. */
export function failedField(
  label: Pick<StepLabel, 'step' | 'pointer'> | undefined,
  { syscall, remark }: Pick<FailedCall, 'syscall' | 'remark'>,
): string | undefined {
  if (label === undefined || label.pointer === '') return undefined;
  // It is no fault of the program's; a process of exec has no field for it.
  const program = label.step === 'find-executable' || label.step === 'exec';
  if (program && remark.startsWith('the root directory ')) return '/root/path';
  return syscall === 'open_tree' && /^\/mounts\/\d+$/.test(label.pointer) ? `${label.pointer}/source` : label.pointer;
}

/** The text of the steps that find and execute the program; undefined for all others. */
function programText(label: StepLabel | undefined, { path, remark }: FailedCall, errno: number): string | undefined {
  const start = 'unable to start container process: ';
  if (label?.step === 'find-executable') return start + notFoundText(label.about, errno, remark);
  if (label?.step === 'exec') return start + executeText(path || label.about, errno, remark);
  return undefined;
}
