/** Reads the monotonic clock, and lets time pass. */
import { EINTR } from '../base/errno.js';
import { isErrno } from '../base/error.js';
import type { Native } from './native.js';

/** CLOCK_MONOTONIC in milliseconds, with fractions. It counts from an unspecified start: only differences mean something. */
export function now(native: Native): number {
  const [seconds = 0, nanoseconds = 0] = native.clock(true);
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Sleeps for this many milliseconds: a poll(2) of nothing. */
export function pause(native: Native, milliseconds: number): void {
  try {
    native.poll([], [], milliseconds);
  } catch (error) {
    if (!isErrno(error, EINTR)) throw error;
  }
}
