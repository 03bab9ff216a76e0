/** Signals as options have them. */
import { signalNumber } from '../../native/signals.js';

/**
 * The number of a signal.
 * @param signal a name such as `TERM`, `SIGKILL` or `RTMIN+1`, or a number
 * @throws TypeError when there is no such signal
 */
export function numberOfSignal(signal: string | number): number {
  const number = signal === 0 ? 0 : signalNumber(String(signal));
  if (number !== undefined) return number;
  throw new TypeError(
    `unknown signal ${JSON.stringify(signal)}; give a name such as TERM or SIGKILL, or a number from 0 to 64`,
  );
}
