import { existsSync } from 'node:fs';
import { kind } from './runtime.js';

export const isRoot = process.geteuid?.() === 0;

/** Why a test can't run here, or false: the value of tap's `skip`. The first reason that is given wins. */
export function skipIf(...reasons: (string | false | undefined)[]): string | false {
  for (const reason of reasons) if (reason) return reason;
  return needsRoot();
}

export const kindIs = (name: string): boolean => kind === name;

export function needsRoot(): string | false {
  return isRoot ? false : 'needs root';
}

/** For behaviour that only tsrunc has. */
export function tsruncOnly(what: string): string | false {
  return kind === 'tsrunc' ? false : `${kind} is a control here: ${what}`;
}

/** For what a control is known to do otherwise; reasons by the runtime's name. */
export function differs(reasons: Partial<Record<'runc' | 'crun' | 'youki', string>>): string | false {
  const reason = kind === 'tsrunc' ? undefined : reasons[kind as 'runc'];
  return reason ? `${kind} differs: ${reason}` : false;
}

export function needsFile(path: string, why?: string): string | false {
  return existsSync(path) ? false : `this machine has no ${path}${why ? ` (${why})` : ''}`;
}

/** For what can't be done where test/arm64 runs the tests: on Node.js for another architecture, under qemu-user. */
export function notEmulated(why: string): string | false {
  return process.env.TSRUNC_EMULATED === undefined ? false : `under qemu-user: ${why}`;
}

/** As notEmulated, for what starts a process by the native half. */
export const noClone = notEmulated('it does not know clone3');
