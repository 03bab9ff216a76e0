/** Checks linux.seccomp: the profile, and where its notifications go. */
import { quote } from '../../base/quote.js';
import { eachItem, type Findings } from '../findings.js';
import { isStricter } from '../seccomp-strictness.js';
import type { Seccomp, SeccompArg, SeccompSyscall } from '../spec.js';

/**
 * The actions that take a number (config-linux.md, errnoRet), and the largest number each can pass on. An errno may be at most 4094:
 * the kernel's MAX_ERRNO is 4095, but libseccomp refuses that one.
 */
const errnoLimits: Readonly<Record<string, number>> = { SCMP_ACT_ERRNO: 4094, SCMP_ACT_TRACE: 65535 };

/**
 * linux.seccomp: notes what libseccomp or the kernel would refuse, what has more than one meaning, and what would stop init itself,
 * which runs a few system calls under the filter.
 */
export function checkSeccomp(seccomp: Seccomp, pointer: string, findings: Findings): void {
  if (seccomp.defaultAction === 'SCMP_ACT_NOTIFY') {
    findings.problem(`${pointer}/defaultAction`, 'is SCMP_ACT_NOTIFY; only single system calls can be notified of');
  }
  checkErrno(seccomp.defaultAction, seccomp.defaultErrnoRet, `${pointer}/defaultErrnoRet`, findings);
  let notify = seccomp.defaultAction === 'SCMP_ACT_NOTIFY';
  eachItem(seccomp.syscalls, `${pointer}/syscalls`, (rule, at) => {
    notify ||= rule.action === 'SCMP_ACT_NOTIFY';
    checkRule(rule, at, findings);
    if (isStricter(seccomp.defaultAction, rule.action)) refuseAmbiguous(rule.args, `${at}/args`, findings);
  });
  checkListener(seccomp, notify, pointer, findings);
  const killable = seccomp.flags?.indexOf('SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV') ?? -1;
  if (killable >= 0 && !notify && !findings.isDamaged(`${pointer}/syscalls`)) {
    findings.warn(`${pointer}/flags/${killable}`, 'is ignored: SCMP_ACT_NOTIFY is not used');
  }
}

function checkRule(rule: SeccompSyscall, pointer: string, findings: Findings): void {
  // A profile has hundreds of names. Pointers are made only for wrong ones, since making all of them takes time.
  rule.names.forEach((name, index) => {
    if (name === '') findings.problem(`${pointer}/names/${index}`, 'is empty; must be the name of a system call');
    else if (name === 'write' && rule.action === 'SCMP_ACT_NOTIFY') {
      findings.problem(
        `${pointer}/names/${index}`,
        'is "write" with SCMP_ACT_NOTIFY; write can not be notified of, since the runtime needs it',
      );
    }
  });
  checkErrno(rule.action, rule.errnoRet, `${pointer}/errnoRet`, findings);
  eachItem(rule.args, `${pointer}/args`, (argument, at) => {
    if (argument.index > 5) findings.problem(`${at}/index`, `is ${argument.index}; must be between 0 and 5`);
    checkSecondValue(argument, `${at}/valueTwo`, findings);
  });
}

/**
 * The second value of a comparison. Most operators ignore it, and a masked comparison ignores its bits outside the mask: the rule
 * would then hold for other calls than meant.
 */
function checkSecondValue({ op, value, valueTwo = 0 }: SeccompArg, pointer: string, findings: Findings): void {
  if (BigInt(valueTwo) === 0n) return;
  if (op !== 'SCMP_CMP_MASKED_EQ') {
    findings.problem(pointer, `is ${valueTwo} with ${op}; only SCMP_CMP_MASKED_EQ takes a second value`);
  } else if (value !== undefined && (BigInt(valueTwo) & ~BigInt(value)) !== 0n) {
    findings.problem(pointer, `is ${valueTwo}; must have no bit that the mask, value ${value}, does not have`);
  }
}

/**
 * Refuses a rule that compares one argument more than once. libseccomp can't express it; runc takes it as "any of them". For
 * equality alone nothing else can be meant. In other cases the author may have meant "all of them", and a rule that is looser than
 * the default action would then allow too much.
 */
function refuseAmbiguous(args: readonly SeccompArg[] | undefined, pointer: string, findings: Findings): void {
  if (args === undefined || args.length < 2 || findings.isDamaged(pointer)) return;
  const indexes = new Set(args.map(({ index }) => index));
  if (indexes.size === args.length) return;
  if (indexes.size === 1 && args.every(({ op }) => op === 'SCMP_CMP_EQ')) return;
  findings.problem(
    pointer,
    'compares one argument more than once; must be a rule for each comparison where any of them is enough',
  );
}

function checkErrno(action: string | undefined, errno: number | undefined, pointer: string, findings: Findings): void {
  if (errno === undefined || action === undefined) return;
  const limit = errnoLimits[action];
  if (limit === undefined) {
    findings.problem(pointer, `is given with ${action}; only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a number`);
  } else if (errno > limit) findings.problem(pointer, `is ${errno}; must be at most ${limit}`);
}

function checkListener(seccomp: Seccomp, notify: boolean, pointer: string, findings: Findings): void {
  const { listenerPath = '', listenerMetadata } = seccomp;
  const at = `${pointer}/listenerPath`;
  if (findings.isDamaged(at)) return;
  if (listenerPath === '') {
    if (notify) findings.problem(at, 'is missing; must be given when SCMP_ACT_NOTIFY is used');
    if (listenerMetadata)
      findings.problem(`${pointer}/listenerMetadata`, 'is given without listenerPath; must be left out');
  } else if (!listenerPath.startsWith('/')) {
    findings.problem(at, `is ${quote(listenerPath)}; must be the absolute path of a socket`);
  } else if (!notify && !findings.isDamaged(`${pointer}/syscalls`)) {
    findings.warn(at, 'is ignored: SCMP_ACT_NOTIFY is not used');
  }
}
