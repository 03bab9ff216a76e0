/** Checks process. */
import { quote } from '../../base/quote.js';
import { mostNumbers, parseList } from '../cpu-list.js';
import type { Findings } from '../findings.js';
import type { Process } from '../spec.js';
import { checkCapabilities } from './check-capabilities.js';
import { checkEnvironment } from './check-environment.js';
import { checkRlimits } from './check-rlimits.js';
import { checkScheduler } from './check-scheduler.js';

/** process, in config.json or in a file of its own: pointer is its JSON pointer, '/process' or ''. */
export function checkProcess(process: Process, pointer: string, findings: Findings): void {
  checkCwd(process.cwd, `${pointer}/cwd`, findings);
  if ((process.args ?? []).length === 0) {
    const what = process.args === undefined ? 'is missing' : 'is empty';
    if (!findings.isDamaged(`${pointer}/args`)) {
      findings.problem(`${pointer}/args`, `${what}; must hold the executable and its arguments`);
    }
  } else if (process.args?.[0] === '') findings.problem(`${pointer}/args/0`, 'is empty; must name the executable');
  checkEnvironment(process.env, `${pointer}/env`, findings);
  checkConsole(process, `${pointer}/consoleSize`, findings);
  const umask = process.user?.umask;
  if (umask !== undefined && umask > 0o777) {
    findings.problem(`${pointer}/user/umask`, `is ${umask}; must be at most 511 (0777), written as a decimal number`);
  }
  checkCapabilities(process.capabilities, `${pointer}/capabilities`, findings);
  checkRlimits(process.rlimits, `${pointer}/rlimits`, findings);
  checkScheduler(process.scheduler, `${pointer}/scheduler`, findings);
  checkIoPriority(process.ioPriority, `${pointer}/ioPriority`, findings);
  for (const name of ['initial', 'final'] as const) {
    const list = process.execCPUAffinity?.[name];
    if (list !== undefined && parseList(list, mostNumbers) === undefined) {
      findings.problem(
        `${pointer}/execCPUAffinity/${name}`,
        `is ${quote(list)}; must be a list of CPUs such as "0-3,5"`,
      );
    }
  }
}

function checkCwd(cwd: string | undefined, pointer: string, findings: Findings): void {
  if (cwd !== undefined && !cwd.startsWith('/')) {
    findings.problem(pointer, `is ${quote(cwd)}; must be an absolute path in the container`);
  }
}

/** The kernel's struct winsize has 16 bits for each (ioctl_tty(2)). */
function checkConsole(process: Process, pointer: string, findings: Findings): void {
  for (const name of ['height', 'width'] as const) {
    const length = process.consoleSize?.[name] ?? 0;
    if (length > 0xffff) findings.problem(`${pointer}/${name}`, `is ${length}; must be at most 65535`);
  }
}

function checkIoPriority(io: Process['ioPriority'], pointer: string, findings: Findings): void {
  const priority = io?.priority ?? 0;
  if (priority < 0 || priority > 7) {
    findings.problem(`${pointer}/priority`, `is ${priority}; must be between 0 and 7`);
  }
}
