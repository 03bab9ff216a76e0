/** Checks that criu is new enough. */
import { TsruncError } from '../base/error.js';
import type { CriuSession } from './session.js';

/**
 * The oldest criu that tsrunc works with, 3.16 (2021). It has all that is needed: external pid namespaces, the freezer of
 * cgroup v2, the notification of lazy pages, and the options for security labels.
 */
const OLDEST = 31600;

/**
 * Checks criu's version.
 * @returns it, as CriuSession.version()
 * @throws TsruncError 'unsupported' if it is older than 3.16
 */
export function checkVersion(session: CriuSession): number {
  const version = session.version();
  if (version >= OLDEST) return version;
  throw new TsruncError('unsupported', `criu is version ${dotted(version)}; ${dotted(OLDEST)} or newer is needed`);
}

/** A version as people write it: 31701 is 3.17.1. */
export function dotted(version: number): string {
  const [major, minor, sublevel] = [Math.floor(version / 10000), Math.floor(version / 100) % 100, version % 100];
  return sublevel === 0 ? `${major}.${minor}` : `${major}.${minor}.${sublevel}`;
}
