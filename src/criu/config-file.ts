/** Chooses criu's configuration file. */
import type { Native } from '../native/native.js';

/** The annotation that names the file. What the file sets wins over tsrunc's request (criu.org/Configuration_files). */
const ANNOTATION = 'org.criu.config';
const OWN = '/etc/criu/tsrunc.conf';
const RUNC = '/etc/criu/runc.conf';

/**
 * Path of the configuration file that criu is to read: the one that the container's annotation names, else tsrunc's own
 * if it exists, else runc's, which may be missing: criu ignores that.
 * @returns undefined if the annotation is empty: no file
 */
export function criuConfigFile(
  native: Native,
  annotations: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const named = annotations?.[ANNOTATION];
  if (named !== undefined) return named || undefined;
  return native.stat(OWN, true) === null ? RUNC : OWN;
}
