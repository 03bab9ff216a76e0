import { quote } from '../../base/quote.js';
import type { Findings } from '../findings.js';

/** Semantic Versioning 2.0.0: three numbers, perhaps a pre-release, perhaps build metadata. */
const semver = /^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** ociVersion: any 1.x, since the specification keeps compatible within a major version. */
export function checkVersion(version: string | undefined, findings: Findings): void {
  if (version === undefined) return;
  const major = semver.exec(version)?.[1];
  if (major === undefined) findings.problem('/ociVersion', `is ${quote(version)}; must be a version such as "1.3.0"`);
  else if (major !== '1') {
    findings.problem('/ociVersion', `is ${quote(version)}, which is not supported; must be 1.x.y`);
  }
}
