/** Checks process.rlimits. */
import { eachItem, type Findings } from '../findings.js';
import type { Rlimit } from '../spec.js';

/** process.rlimits: each type once (config.md, rlimits), and no soft limit above the hard one, which setrlimit(2) refuses. */
export function checkRlimits(limits: readonly Rlimit[] | undefined, pointer: string, findings: Findings): void {
  const seen = new Map<string, string>();
  eachItem(limits, pointer, ({ type, soft, hard }, at) => {
    const first = seen.get(type);
    if (first === undefined) seen.set(type, at);
    else findings.problem(`${at}/type`, `${type} was given before at ${first}; must be given once`);
    if (soft > hard) findings.problem(`${at}/soft`, `is ${soft}; must be at most hard, which is ${hard}`);
  });
}
