/** Checks the environment of a process or hook. */
import { quote } from '../../base/quote.js';
import { eachItem, type Findings } from '../findings.js';

/** env of a process or hook: each entry must be NAME=value, with a name that isn't empty. */
export function checkEnvironment(env: readonly string[] | undefined, pointer: string, findings: Findings): void {
  eachItem(env, pointer, (entry, at) => {
    const equals = entry.indexOf('=');
    if (equals > 0) return;
    const what = equals === 0 ? 'has no name before "="' : 'has no "="';
    findings.problem(at, `is ${quote(entry)}, which ${what}; must be NAME=value`);
  });
}
