/** Checks ociVersion. */
import { quote } from '../../base/quote.js';
import type { Findings } from '../findings.js';

/** A version of Semantic Versioning 2.0.0: three numbers, then maybe a pre-release and maybe build metadata. */
const semver = /^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** ociVersion: any 1.x.y, since versions of the specification with the same major number are compatible. */
export function checkVersion(version: string | undefined, findings: Findings): void {
  if (version === undefined) return;
  if (!semver.test(version)) findings.problem('/ociVersion', `is ${quote(version)}; must be a version such as "1.3.0"`);
  else if (!version.startsWith('1.')) {
    findings.problem('/ociVersion', `is ${quote(version)}, which is not supported; must be 1.x.y`);
  }
}
