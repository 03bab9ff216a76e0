import { eachItem, type Findings } from './findings.js';
import { quote } from './schema-problems.js';
import type { Seccomp, SeccompSyscall } from './spec.js';

/** Actions that carry a number to the program (config-linux.md, errnoRet), and the largest the kernel passes on. */
const errnoLimits: Readonly<Record<string, number>> = { SCMP_ACT_ERRNO: 4095, SCMP_ACT_TRACE: 65535 };

/** linux.seccomp: what libseccomp or the kernel would refuse, or what would stop init itself. */
export function checkSeccomp(seccomp: Seccomp, pointer: string, findings: Findings): void {
  if (seccomp.defaultAction === 'SCMP_ACT_NOTIFY') {
    findings.problem(`${pointer}/defaultAction`, 'is SCMP_ACT_NOTIFY; only single system calls can be notified of');
  }
  checkErrno(seccomp.defaultAction, seccomp.defaultErrnoRet, `${pointer}/defaultErrnoRet`, findings);
  let notify = seccomp.defaultAction === 'SCMP_ACT_NOTIFY';
  eachItem(seccomp.syscalls, `${pointer}/syscalls`, (rule, at) => {
    notify ||= rule.action === 'SCMP_ACT_NOTIFY';
    checkRule(rule, at, findings);
  });
  checkListener(seccomp, notify, pointer, findings);
}

function checkRule(rule: SeccompSyscall, pointer: string, findings: Findings): void {
  // Hundreds of names: no pointer is made for those that are right.
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
  });
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
