/** Runs the hooks that the runtime runs itself, and makes the errors of all hooks. */
import { TsruncError } from '../../base/error.js';
import type { Hook } from '../../config/spec.js';
import { S_IFDIR, S_IFMT } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { signalName } from '../../native/signals.js';
import { dedupe, environmentList } from '../../plan/process/environment.js';
import { hookArguments } from '../../plan/process/hooks.js';
import { type HookOutput, openHookOutput } from '../init/hook-output.js';
import type { Runtime } from '../runtime.js';
import { type SpecStatus, specState } from '../state/spec-state.js';
import type { StateFile } from '../state/state-schema.js';

/** The kinds of hooks that run in the runtime's namespaces (config.md, "POSIX-platform Hooks"). */
export type RuntimeHook = 'prestart' | 'createRuntime' | 'poststart' | 'poststop';

/** How many bytes of a hook's output an error quotes. */
const OUTPUT_LIMIT = 2048;

/** What all hooks of one kind get. */
interface HookRun {
  readonly name: RuntimeHook;
  /** The state document, for stdin. */
  readonly input: string;
  readonly cwd: string;
  /** Descriptors for stdout and stderr; with -1 the output is kept for the error, if the hook fails. */
  readonly output: readonly [number, number];
}

/**
 * Runs hooks in order, each in the bundle's directory with the state on stdin. A hook without `env` gets the
 * runtime's environment.
 * @param status the status in that state
 * @throws TsruncError 'hook' for the first that fails; the hooks after it don't run (config.md, "POSIX-platform
 * Hooks")
 */
export function runHooks(
  rt: Runtime,
  name: RuntimeHook,
  hooks: readonly Hook[],
  state: StateFile,
  status: SpecStatus,
): void {
  if (hooks.length === 0) return;
  const output = openHookOutput(rt, state.annotations);
  try {
    const run = hookRun(rt, name, state, status, output);
    for (const [index, hook] of hooks.entries()) runHook(rt, run, index, hook);
  } finally {
    output.close();
  }
}

/**
 * Runs all hooks even if some fail; a failure is a warning. For poststop, and for poststart before runtime-spec 1.3.
 */
export function runHooksAnyway(
  rt: Runtime,
  name: RuntimeHook,
  hooks: readonly Hook[],
  state: StateFile,
  status: SpecStatus,
): void {
  if (hooks.length === 0) return;
  const warned = <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TsruncError)) throw error;
      rt.warn(error);
      return undefined;
    }
  };
  const output = warned(() => openHookOutput(rt, state.annotations)) ?? { fds: [-1, -1], close: () => {} };
  try {
    const run = hookRun(rt, name, state, status, output);
    for (const [index, hook] of hooks.entries()) warned(() => runHook(rt, run, index, hook));
  } finally {
    output.close();
  }
}

function hookRun(
  rt: Runtime,
  name: RuntimeHook,
  state: StateFile,
  status: SpecStatus,
  { fds: output }: Pick<HookOutput, 'fds'>,
): HookRun {
  const input = JSON.stringify(specState(state, status, status === 'stopped' ? 0 : state.pid));
  return { name, input, cwd: isDirectory(rt.native, state.bundle) ? state.bundle : '/', output };
}

const isDirectory = (native: Native, path: string): boolean => {
  const stat = native.stat(path, true);
  return stat !== null && (stat.mode & S_IFMT) === S_IFDIR;
};

function runHook(rt: Runtime, { name, input, cwd, output }: HookRun, index: number, hook: Hook): void {
  rt.debug(`hook ${name} #${index}: ${hook.path}`);
  const pointer = `/hooks/${name}/${index}`;
  const timeout = Math.ceil((hook.timeout ?? 0) * 1000);
  let result: ReturnType<Native['commandTo']>;
  try {
    const env = hook.env === undefined ? environmentList(rt.env) : dedupe(hook.env);
    result = rt.native.commandTo(hook.path, hookArguments(hook), env, cwd, input, timeout, OUTPUT_LIMIT, [...output]);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    throw hookError(name, index, pointer, error.message, error.fields);
  }
  if (result.status === 0) return;
  const how = result.timedOut ? `no end within ${hook.timeout} s, killed` : ending(result.status, result.signal);
  throw hookError(name, index, pointer, `${how}${quoted(result.stdout, result.stderr)}`);
}

const ending = (status: number, signal: number): string =>
  signal > 0 ? `killed by ${signalName(signal)}` : `exit status ${status}`;

function quoted(stdout: string, stderr: string): string {
  const parts = [];
  if (stdout.trim() !== '') parts.push(`stdout: ${stdout.trim()}`);
  if (stderr.trim() !== '') parts.push(`stderr: ${stderr.trim()}`);
  return parts.length > 0 ? `, ${parts.join(', ')}` : '';
}

function hookError(name: string, index: number, pointer: string, what: string, fields = {}): TsruncError {
  return new TsruncError('hook', `${pointer}: error running ${name} hook #${index}: ${what}`, { ...fields, pointer });
}

/**
 * The error for a hook that init ran (createContainer, startContainer).
 * @param pointer JSON pointer of the hook
 * @param value its exit status, 128 + signal, or -1 if it exceeded its timeout
 * @param output the end of its output
 */
export function initHookError(pointer: string, value: number, output: string): TsruncError {
  const [, , name = 'hook', index = '0'] = pointer.split('/');
  const how =
    value === -1 ? 'no end within its timeout, killed' : value > 128 ? ending(0, value - 128) : ending(value, 0);
  return hookError(name, Number(index), pointer, `${how}${output.trim() === '' ? '' : `, output: ${output.trim()}`}`);
}
