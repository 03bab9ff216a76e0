import { clocks } from '../../config/checks/check-time-offsets.js';
import type { Spec } from '../../config/spec.js';

/** linux.timeOffsets as /proc/PID/timens_offsets takes it (time_namespaces(7)): `<clock> <secs> <nanosecs>` a line; '' without any. */
export function timeOffsetsText(spec: Spec): string {
  const offsets = spec.linux?.timeOffsets ?? {};
  return clocks
    .map((clock) => {
      const offset = offsets[clock];
      return offset === undefined ? '' : `${clock} ${offset.secs ?? 0} ${offset.nanosecs ?? 0}\n`;
    })
    .join('');
}
