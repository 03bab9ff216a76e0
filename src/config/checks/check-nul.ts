/** Checks strings for characters that can't get to the kernel as they are. */
import { contains } from '../../base/contains.js';
import { joinPointer } from '../../base/json-pointer.js';
import type { Findings } from '../findings.js';

/**
 * Refuses NUL in names and strings: for the kernel a string ends at the first NUL, so the rest would be lost silently. Warns of
 * U+FFFD, which replaces bytes that are not UTF-8 when a file is read.
 * @param text the text that value was parsed from
 */
export function checkNul(text: string, value: unknown, findings: Findings): void {
  if (!contains(text, '\\u0000') && !contains(text, '\ufffd')) return;
  // A list instead of recursion: parts that the schemas don't know may be nested so deeply that the stack would overflow.
  const left: { inner: unknown; pointer: string }[] = [{ inner: value, pointer: '' }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { inner, pointer } = next;
    if (typeof inner === 'string') {
      if (inner.includes('\0')) findings.problem(pointer, 'holds a NUL character; strings must be free of them');
      if (inner.includes('\ufffd'))
        findings.warn(pointer, 'holds U+FFFD: the file may not be UTF-8', { code: 'encoding' });
    } else if (typeof inner === 'object' && inner !== null) {
      for (const [name, member] of Object.entries(inner)) {
        const at = joinPointer(pointer, name);
        if (name.includes('\0')) findings.problem(at, 'has a NUL character in its name; names must be free of them');
        left.push({ inner: member, pointer: at });
      }
    }
  }
}
