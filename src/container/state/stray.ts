import type { Runtime } from '../runtime.js';
import { withRootLocked } from './claim-id.js';
import { lockContainer, lockExclusive } from './lock.js';
import { readIfSound, removeState } from './state-store.js';

/**
 * Removes a state folder without a state file: of a `create` that was killed right after it had made it, or a `delete` right before its end.
 * One that holds the folder's lock is waited for; it may make a container of it, which is left alone.
 * @throws TsruncError 'not-found' when it was gone before
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
