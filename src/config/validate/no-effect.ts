/** Rules about fields that have no effect beside others. */
import { Guesses } from '../../base/nearest.js';
import { quote } from '../../base/quote.js';
import { eachItem } from '../findings.js';
import type { Process, Resources, Seccomp } from '../spec.js';
import type { Note, Parts } from './rule.js';
import { systemCalls } from './system-calls.js';

const code = 'no-effect';

/** How many unknown system calls are told. */
const MOST_TOLD = 100;

/** Applies these rules to a file. */
export function checkEffects({ spec, process, resources }: Parts, note: Note): void {
  if (process !== undefined) checkProcess(process[0], process[1], note);
  if (resources !== undefined) checkLimits(resources[0], resources[1], note);
  if (spec?.linux?.seccomp !== undefined) checkSeccomp(spec.linux.seccomp, '/linux/seccomp', note);
}

function checkProcess(process: Process, pointer: string, note: Note): void {
  if (process.consoleSize !== undefined && process.terminal !== true) {
    note(code, `${pointer}/consoleSize`, 'has no effect without a terminal; must have "terminal": true beside it');
  }
  const { capabilities } = process;
  if (capabilities === undefined) return;
  const bounding = new Set(capabilities.bounding);
  const ambient = new Set(capabilities.ambient);
  const inheritable = new Set(capabilities.inheritable);
  const told = new Set<string>();
  for (const name of ['permitted', 'effective'] as const) {
    eachItem(capabilities[name], `${pointer}/capabilities/${name}`, (capability, at) => {
      if (bounding.has(capability) || ambient.has(capability) || told.has(capability)) return;
      if (capabilities.bounding === undefined && inheritable.has(capability)) return;
      told.add(capability);
      note(code, at, `${capability} is taken away when the program is executed; must be in bounding, too`);
    });
  }
}

function checkLimits({ memory = {}, cpu = {} }: Resources, pointer: string, note: Note): void {
  const { limit = 0, reservation = 0 } = memory;
  if (limit > 0 && reservation >= limit && reservation > 0) {
    note(code, `${pointer}/memory/reservation`, `is ${reservation}, and limit is ${limit}; must be below it`);
  }
  const { burst = 0, quota = 0, idle = 0, shares = 0 } = cpu;
  if (burst > 0 && quota <= 0) {
    note(code, `${pointer}/cpu/burst`, 'has no effect without a quota; must have one beside it');
  }
  if (Number(idle) === 1 && shares > 0) {
    note(code, `${pointer}/cpu/shares`, 'has no effect, as idle is 1; must be left out, or idle be 0');
  }
}

/** Names of system calls that nobody knows, and rules that say what is the case without them. */
function checkSeccomp(seccomp: Seccomp, pointer: string, note: Note): void {
  const { defaultAction, defaultErrnoRet = 1, syscalls } = seccomp;
  if (defaultAction === 'SCMP_ACT_ALLOW' && (syscalls ?? []).every((rule) => rule?.action === 'SCMP_ACT_ALLOW')) {
    note(code, pointer, 'allows every system call; must have rules that restrict, or be left out');
    return;
  }
  const known = systemCalls();
  const told = new Set<string>();
  const guesses = new Guesses();
  eachItem(syscalls, `${pointer}/syscalls`, (rule, at) => {
    const sameErrno = rule.action !== 'SCMP_ACT_ERRNO' || (rule.errnoRet ?? 1) === defaultErrnoRet;
    if (rule.action === defaultAction && sameErrno && rule.action !== 'SCMP_ACT_TRACE') {
      note(code, at, `has no effect, as ${rule.action} is the default action; must be another action, or be left out`);
    }
    eachItem(rule.names, `${at}/names`, (name, place) => {
      if (name === '' || known.has(name) || told.has(name) || told.size === MOST_TOLD) return;
      told.add(name);
      const near = guesses.nearest(name, [...known]);
      const guess = near === undefined ? 'must be the name of one' : `did you mean ${quote(near)}?`;
      note('unknown-syscall', place, `${quote(name)} is no known system call; ${guess}`);
    });
  });
}
