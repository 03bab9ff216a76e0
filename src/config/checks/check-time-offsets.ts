/** Checks linux.timeOffsets. */
import { quote } from '../../base/quote.js';
import { eachName, type Findings } from '../findings.js';
import type { NamespaceSet } from '../namespace-set.js';
import type { TimeOffset } from '../spec.js';

/** The names of the clocks that a time namespace can shift (time_namespaces(7)). */
export const clocks: readonly string[] = ['monotonic', 'boottime'];

/** linux.timeOffsets: they need a new time namespace, as the kernel takes offsets only while no process is in it. */
export function checkTimeOffsets(
  offsets: Readonly<Record<string, TimeOffset>> | undefined,
  namespaces: NamespaceSet,
  findings: Findings,
): void {
  const pointer = '/linux/timeOffsets';
  if (offsets === undefined || Object.keys(offsets).length === 0) return;
  if (namespaces.lacks('time')) {
    findings.problem(pointer, 'has no time namespace to be in; must have "time" in /linux/namespaces, or be left out');
  } else if (namespaces.path('time') !== undefined) {
    findings.problem(pointer, 'is given for a time namespace that is joined; only a new one takes offsets');
  }
  eachName(offsets, pointer, (offset, at, clock) => {
    if (!clocks.includes(clock)) {
      findings.problem(at, `${quote(clock)} is no clock that can be shifted; must be one of ${clocks.join(', ')}`);
    } else if (offset.nanosecs !== undefined && offset.nanosecs > 999_999_999) {
      findings.problem(`${at}/nanosecs`, `is ${offset.nanosecs}; must be at most 999999999`);
    }
  });
}
