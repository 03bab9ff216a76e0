/** Refuses a file of limits in which nothing is known. */
import { joinPointer } from '../../base/json-pointer.js';
import type { Findings } from '../findings.js';

/**
 * Resources of `update` whose only members have unknown names: what was asked for would not be done at all, and the update would
 * succeed. Their warnings become problems. A file that is empty is fine, and so is a name nobody knows beside limits that are known,
 * which a newer caller may send.
 * @param resources as far as it is valid
 */
export function refuseNothingKnown(resources: unknown, findings: Findings): void {
  const unknown = findings.warnings.filter(({ code }) => code === 'unknown-key');
  if (unknown.length === 0 || setsSomething(resources, '', new Set(unknown.map(({ pointer }) => pointer)))) return;
  for (const { pointer, text, meant } of unknown) {
    findings.problem(pointer, text, { code: 'unknown-key', ...(meant !== undefined && { meant }) });
  }
  const rest = findings.warnings.filter(({ code }) => code !== 'unknown-key');
  findings.warnings.splice(0, findings.warnings.length, ...rest);
}

/** Whether a value has a member that is neither unknown nor an object in which nothing is set. */
function setsSomething(value: unknown, pointer: string, unknown: ReadonlySet<string>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return true;
  return Object.entries(value).some(([name, member]) => {
    const at = joinPointer(pointer, name);
    return !unknown.has(at) && setsSomething(member, at, unknown);
  });
}
