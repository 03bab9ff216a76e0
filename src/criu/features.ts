/** Checks that criu and the kernel have the features that a command needs. */
import { TsruncError } from '../base/error.js';
import type { CriuFeatures } from './messages.js';
import type { CriuSession } from './session.js';

/** What each feature does, completing "criu and this kernel can't". */
const described: Readonly<Record<keyof CriuFeatures, string>> = {
  memTrack: 'track memory changes, which pre-dumps need (CONFIG_MEM_SOFT_DIRTY)',
  lazyPages: 'serve pages lazily (userfaultfd)',
};

/**
 * Asks criu whether it has the features that are true in `wanted`.
 * @throws TsruncError 'unsupported', naming the first one that criu or this kernel lacks
 */
export function checkFeatures(session: CriuSession, wanted: Required<CriuFeatures>): void {
  const names = (Object.keys(described) as (keyof CriuFeatures)[]).filter((name) => wanted[name]);
  if (names.length === 0) return;
  const found = session.features(Object.fromEntries(names.map((name) => [name, true])));
  for (const name of names) {
    if (found[name] !== true) throw new TsruncError('unsupported', `criu and this kernel can't ${described[name]}`);
  }
}
