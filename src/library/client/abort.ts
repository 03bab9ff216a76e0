/** AbortSignals: every operation takes one. */

/** What every operation takes. */
export interface AbortOptions {
  /**
   * Ends the operation: the runtime's process is killed, what it had begun is cleaned up, and then the operation rejects with the
   * signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What is to be done for each signal. One listener does for all operations: Node.js warns of more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls a function once when the signal is aborted, until `stop` is called. Nothing stays attached to the signal. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): { stop(): void } {
  if (!signal) return { stop: () => {} };
  const acts = waiting.get(signal) ?? listen(signal);
  acts.add(act);
  return {
    stop: () => {
      acts.delete(act);
      if (acts.size > 0 || waiting.get(signal) !== acts) return;
      waiting.delete(signal);
      signal.removeEventListener('abort', abortAll);
    },
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  waiting.set(signal, acts);
  signal.addEventListener('abort', abortAll, { once: true });
  return acts;
}

function abortAll(this: AbortSignal): void {
  const acts = waiting.get(this) ?? [];
  waiting.delete(this);
  for (const act of acts) act();
}
