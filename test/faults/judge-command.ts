import { said } from './command.js';
import type { Outcome } from './command-trial.js';
import type { TriedCommand } from './commands.js';
import type { Point } from './points.js';
import { callName } from './programs.js';

/** Of these the interpreter makes its heap, with whatever errno: without one there is nothing that could say so. */
const memory = ['mmap', 'mremap', 'brk', 'munmap', 'mprotect'];
/** The C library asks for these before there is a program, and ends it when they fail. */
const beginning = ['arch_prctl'];
/** That is the answer: what is asked for isn't there. */
const probes: Readonly<Record<string, readonly string[]>> = { features: ['seccomp', 'access', 'faccessat'] };

/** What is wrong with what came of a command at a point, or undefined. */
export function judgeCommand(
  command: TriedCommand,
  point: Point,
  { status, stdout, stderr, became, left, missing, removal, other }: Outcome,
  reference: Outcome,
): string | undefined {
  if (status === 124) return 'does not end';
  if (removal.length > 0) return `delete --force leaves: ${removal.join(', ')}`;
  if (other.length > 0) return other.join('\n');
  // Nobody is there who could have said or undone anything.
  if (status === null) return diesOf(point) ? undefined : `killed by a signal: ${stderr}`;
  if (status === reference.status) {
    if (missing !== undefined) return `it says that it has done its work, without ${missing}`;
    if (command.prints && stdout !== reference.stdout && !probes[command.name]?.includes(callName(point.number)))
      return `other output: ${stdout}`;
    if (became === reference.became && left.length <= reference.left.length) return undefined;
    // What is left after a process has ended is told with its status.
    return stderr === '' ? `status ${status}, and the container is ${became}: ${left.join(', ')}` : undefined;
  }
  // Nothing at all can be written.
  const isMute = callName(point.number) === 'write' && point.when.endsWith('+');
  if (!said(stderr) && !isMute) return `status ${status} without a message: ${stderr}`;
  // A making that has failed leaves nothing, unless it is undoing that can't be done.
  if (command.before === 'none' && left.length > 0 && !point.when.endsWith('+'))
    return `it failed (${stderr.trim()}) and left ${left.join(', ')}`;
  return undefined;
}

const diesOf = ({ answer, number }: Point): boolean =>
  answer === 'SIGKILL' || [...beginning, ...memory].includes(callName(number));
