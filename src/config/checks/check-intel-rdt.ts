import { quote } from '../../base/quote.js';
import type { Findings } from '../findings.js';
import type { IntelRdt } from '../spec.js';

/** linux.intelRdt: closID becomes the name of a folder in the root of resctrl. */
export function checkIntelRdt(rdt: IntelRdt | undefined, findings: Findings): void {
  const closID = rdt?.closID;
  if (closID !== undefined && (closID === '.' || closID === '..' || closID.includes('/'))) {
    findings.problem('/linux/intelRdt/closID', `is ${quote(closID)}; must be the name of a folder, without "/"`);
  }
}
