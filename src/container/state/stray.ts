/** Removes state directories that have no state file. */
import type { Runtime } from '../runtime.js';
import { withRootLocked } from './claim-id.js';
import { lockContainer, lockExclusive } from './lock.js';
import { readIfSound, removeState } from './state-store.js';

/**
 * Removes a state directory without a state file, left by a `create` that was killed right after it made the
 * directory, or a `delete` right before its end. If a command holds the lock, it is waited for; if it makes a
 * container, that is left alone.
 * @throws TsruncError 'not-found' if the directory is gone already
 */
export function removeStray(rt: Runtime, id: string): void {
  for (;;) {
    const isDecided = withRootLocked(rt, () => {
      const lock = lockContainer(rt, id, { wait: false });
      if (lock === null) return false;
      try {
        if (readIfSound(rt, id) === 'missing') removeState(rt, id);
        return true;
      } finally {
        lock.release();
      }
    });
    if (isDecided) return;
    lockExclusive(rt, id).release();
  }
}
