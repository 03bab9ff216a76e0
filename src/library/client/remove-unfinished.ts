/** Removes what a command that was killed has left of its container. */
import type { State } from '../types/state.js';
import { checkAnswer } from './answers/check-answer.js';
import type { Settings } from './client-settings.js';
import { perform } from './perform.js';
import { RuntimeError } from './runtime-error.js';

/** By how much the time that a runtime writes down for a container may be before ours: some leave out fractions of a second. */
const COARSENESS = 1000;

/**
 * Removes the container that a killed command was making, or had made. One that was there before, whose id the command had wanted in
 * vain, is left alone. Never throws: the caller has a reason of its own to tell.
 * @param bundle the absolute path of the bundle it was made of
 * @param begun when the command was started, in milliseconds since the epoch
 */
export async function removeUnfinished(settings: Settings, id: string, bundle: string, begun: number): Promise<void> {
  try {
    if (await isAnothers(settings, id, bundle, begun)) return;
    await perform(settings, { args: ['delete', '--force', id] });
  } catch {
    // There is nothing left to remove, or the runtime can't: then its files say so to whoever asks for the container.
  }
}

async function isAnothers(settings: Settings, id: string, bundle: string, begun: number): Promise<boolean> {
  let state: State;
  try {
    const { stdout, argv } = await perform(settings, { args: ['state', id] });
    state = await checkAnswer('state', stdout, argv);
  } catch (error) {
    // Half of a container isn't found by most. What can't be told whose it is, is left alone.
    return !(error instanceof RuntimeError && error.code === 'not-found');
  }
  if (state.bundle !== bundle) return true;
  const created = Date.parse(state.created ?? '');
  // Also where the runtime doesn't say when.
  return !(created >= begun - COARSENESS);
}
