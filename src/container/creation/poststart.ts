/** Runs the poststart hooks. */
import { cleanUp } from '../commands/clean-up.js';
import { endFailed } from '../commands/kill.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';
import { runHooks, runHooksAnyway } from './hooks.js';

/**
 * Runs the poststart hooks once the process is executed. Since runtime-spec 1.3 a failure is an error and ends the
 * container. For a configuration of an older version it is a warning, and the remaining hooks run, as that version
 * says.
 * @throws TsruncError 'hook' for the first hook that fails, from 1.3 on
 */
export function runPoststart(rt: Runtime, state: StateFile): void {
  const { poststart } = state.hooks;
  if (!failureEndsContainer(state.ociVersion)) {
    runHooksAnyway(rt, 'poststart', poststart, state, 'running');
    return;
  }
  try {
    runHooks(rt, 'poststart', poststart, state, 'running');
  } catch (error) {
    cleanUp(rt, state.id, () => endFailed(rt, state));
    throw error;
  }
}

/** True from runtime-spec 1.3.0 on, its release candidates included. */
function failureEndsContainer(ociVersion: string): boolean {
  const [major = 0, minor = 0] = ociVersion.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 3);
}
