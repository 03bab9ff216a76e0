/** linux.timeOffsets: the offsets of the clocks in a time namespace. */
import { clocks } from '../../config/checks/check-time-offsets.js';
import type { Spec } from '../../config/spec.js';

/**
 * The text to write to /proc/PID/timens_offsets (time_namespaces(7)): a line `<clock> <secs> <nanosecs>` for each
 * clock, '' if there are none.
 */
export function timeOffsetsText(spec: Spec): string {
  const offsets = spec.linux?.timeOffsets ?? {};
  return clocks
    .map((clock) => {
      const offset = offsets[clock];
      return offset === undefined ? '' : `${clock} ${offset.secs ?? 0} ${offset.nanosecs ?? 0}\n`;
    })
    .join('');
}
