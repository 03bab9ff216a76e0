/** What `tsrunc --version` prints. */
import { commit, version } from '../base/generated/build-info.js';
import type { Native } from '../native/native.js';

/** The newest supported version of the OCI runtime specification. */
export const SPEC_VERSION = '1.3.0';

/**
 * The text of --version; host says what the core runs on. The first line begins with our own name, as crun's does. dockerd splits it
 * at "version" and shows both halves, so no other line may hold that word. go-runc only knows "runc version "; it takes another line
 * for an unknown version, which is no error and changes nothing. Both read the lines `commit: ` and `spec: `.
 */
export function versionText(native: Native, host: string): string {
  const lines = [`tsrunc version ${version}`];
  if (commit) lines.push(`commit: ${commit}`);
  lines.push(`spec: ${SPEC_VERSION}`);
  if (host) lines.push(`host: ${host}`);
  lines.push(`libseccomp: ${native.seccompVersion().join('.')}`);
  return `${lines.join('\n')}\n`;
}
