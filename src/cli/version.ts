import { commit, version } from '../base/generated/build-info.js';
import type { Native } from '../native/native.js';

/** The newest version of the runtime specification that is supported. */
export const SPEC_VERSION = '1.3.0';

/**
 * What --version prints. The first line has tsrunc's own name, as crun's has crun's: dockerd splits the line at
 * "version" and shows both halves (so no other line may hold that word); go-runc fills its Version struct only from
 * "runc version ", and takes any other line for a version it doesn't know, which is no error there; nobody decides
 * anything by it. `commit: ` and `spec: ` are read by both.
 */
export function versionText(native: Native, host: string): string {
  const lines = [`tsrunc version ${version}`];
  if (commit) lines.push(`commit: ${commit}`);
  lines.push(`spec: ${SPEC_VERSION}`);
  if (host) lines.push(`host: ${host}`);
  lines.push(`libseccomp: ${native.seccompVersion().join('.')}`);
  return `${lines.join('\n')}\n`;
}
