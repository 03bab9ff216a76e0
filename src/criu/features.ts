/** Checks that criu and the kernel have the features that a command needs. */
import { TsruncError, withFields } from '../base/error.js';
import type { Native } from '../native/native.js';
import { kernelMisfit } from './kernel-misfit.js';
import type { CriuFeatures } from './messages.js';
import type { CriuSession } from './session.js';
import { dotted } from './version.js';

/** What each feature does, completing "criu and this kernel can't". */
const described: Readonly<Record<keyof CriuFeatures, string>> = {
  memTrack: 'track memory changes, which pre-dumps need (CONFIG_MEM_SOFT_DIRTY)',
  lazyPages: 'serve pages lazily (userfaultfd)',
};

/**
 * Asks criu whether it has the features that are true in `wanted`.
 * @param version of criu
 * @throws TsruncError 'unsupported', naming the first one that criu or this kernel lacks; 'system' if criu can't say
 */
export function checkFeatures(
  native: Native,
  session: CriuSession,
  wanted: Required<CriuFeatures>,
  version: number,
): void {
  const names = (Object.keys(described) as (keyof CriuFeatures)[]).filter((name) => wanted[name]);
  if (names.length === 0) return;
  let found: CriuFeatures;
  try {
    found = session.features(Object.fromEntries(names.map((name) => [name, true])));
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    // Nothing else makes this request fail, and no log says why.
    const [, , release = ''] = native.uname();
    throw withFields(
      error,
      {},
      `${error.message}: ${kernelMisfit(dotted(version), release)}; \`criu check\` says more`,
    );
  }
  for (const name of names) {
    if (found[name] !== true) throw new TsruncError('unsupported', `criu and this kernel can't ${described[name]}`);
  }
}
