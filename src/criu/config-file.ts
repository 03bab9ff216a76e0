import type { Native } from '../native/native.js';

/** What the file of that name sets wins over what tsrunc asks for (criu.org/Configuration_files). */
const ANNOTATION = 'org.criu.config';
const OWN = '/etc/criu/tsrunc.conf';
const RUNC = '/etc/criu/runc.conf';

/**
 * The configuration file that criu is to read: the container's annotation names it (empty: none), else it is tsrunc's own
 * where there is one, else runc's. criu takes a missing one for an empty one.
 */
export function criuConfigFile(
  native: Native,
  annotations: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const named = annotations?.[ANNOTATION];
  if (named !== undefined) return named || undefined;
  return native.stat(OWN, true) === null ? RUNC : OWN;
}
