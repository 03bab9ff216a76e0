/** Checks linux.intelRdt. */
import { quote } from '../../base/quote.js';
import { eachItem, type Findings } from '../findings.js';
import type { IntelRdt } from '../spec.js';

/**
 * linux.intelRdt: closID becomes the name of a directory in the root of resctrl, so it must not lead anywhere else. `/` is that
 * root itself, the default class.
 */
export function checkIntelRdt(rdt: IntelRdt | undefined, findings: Findings): void {
  const closID = rdt?.closID;
  if (closID !== undefined && closID !== '/' && (closID === '.' || closID === '..' || closID.includes('/'))) {
    const wanted = 'must be the name of a directory, without "/", or "/" alone for the default class';
    findings.problem('/linux/intelRdt/closID', `is ${quote(closID)}; ${wanted}`);
  }
  if (rdt?.schemata === undefined) return;
  eachItem(rdt.schemata, '/linux/intelRdt/schemata', (line, at) => {
    if (line.includes('\n')) findings.problem(at, 'has several lines; must be one');
  });
}
