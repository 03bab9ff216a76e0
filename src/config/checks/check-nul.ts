import { joinPointer } from '../../base/json-pointer.js';
import type { Findings } from '../findings.js';

/**
 * Refuses NUL in names and strings: the kernel takes strings that end at the first NUL, so what comes after it would be cut
 * off silently. Warns of U+FFFD, which is what stands for bytes that were no UTF-8.
 */
export function checkNul(text: string, value: unknown, findings: Findings): void {
  if (!text.includes('\\u0000') && !text.includes('\ufffd')) return;
  // A list of what is left to look at, not recursion: what isn't in the schema may be nested as deep as the parser allows.
  const left: { inner: unknown; pointer: string }[] = [{ inner: value, pointer: '' }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { inner, pointer } = next;
    if (typeof inner === 'string') {
      if (inner.includes('\0')) findings.problem(pointer, 'holds a NUL character; strings must be free of them');
      if (inner.includes('\ufffd')) findings.warn(pointer, 'holds U+FFFD: the file may not be UTF-8');
    } else if (typeof inner === 'object' && inner !== null) {
      for (const [name, member] of Object.entries(inner)) {
        const at = joinPointer(pointer, name);
        if (name.includes('\0')) findings.problem(at, 'has a NUL character in its name; names must be free of them');
        left.push({ inner: member, pointer: at });
      }
    }
  }
}
