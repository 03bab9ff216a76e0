/** Time, and waiting for nothing else. */
import { EINTR } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Native } from './native.js';

/** Milliseconds of CLOCK_MONOTONIC. */
export function now(native: Native): number {
  const [seconds = 0, nanoseconds = 0] = native.clock(true);
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Waits without anything to wait on. */
export function pause(native: Native, milliseconds: number): void {
  try {
    native.poll([], [], milliseconds);
  } catch (error) {
    if (!isErrno(error, EINTR)) throw error;
  }
}
