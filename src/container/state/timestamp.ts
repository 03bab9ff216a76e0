/** The time at which a container is made, as text. */
import type { Native } from '../../native/native.js';

/** The present time in UTC, in the form of RFC 3339 with nanoseconds: 2026-01-31T23:59:59.123456789Z. */
export function timestamp(native: Native): string {
  const [seconds = 0, nanoseconds = 0] = native.clock(false);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanoseconds).padStart(9, '0')}Z`;
}
