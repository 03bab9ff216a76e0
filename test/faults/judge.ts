import { said } from './command.js';
import type { Point } from './points.js';
import { errnos } from './points.js';
import { callName } from './programs.js';
import type { Attempt } from './stages.js';

/** An answer with which a container may be another than without it. */
interface Exception {
  readonly call: string;
  readonly answers: readonly (keyof typeof errnos)[];
  /** The lines of the probe that may differ. */
  readonly lines: RegExp;
  readonly why: string;
}

const exceptions: readonly Exception[] = [
  {
    call: 'keyctl',
    answers: ['ENOSYS'],
    lines: /^session keyring /,
    why: 'a kernel without keyrings; and a filter that says so says it to the container too',
  },
  {
    call: 'fchownat',
    answers: ['EPERM', 'EINVAL'],
    lines: /^descriptor [012]: /,
    why: 'standard streams that belong to somebody else stay as they are',
  },
  {
    call: 'openat',
    answers: ['ENOENT', 'EACCES', 'EPERM'],
    lines: /^descriptor [012]: .* 0x103,/,
    why: "a /dev/null of init's own, where the container's is missing or can't be opened; in a user namespace the host's, where none can be made",
  },
  {
    call: 'open_tree',
    answers: ['EINVAL'],
    lines: /^(descriptor [012]:|mount .* \/dev\/|file \/dev\/)/,
    why: "kernels before 6.15 clone nothing that isn't mounted: a device of a user namespace is the host's then",
  },
  {
    call: 'openat2',
    answers: ['ENOENT', 'EACCES'],
    lines: /^environment HOME=/,
    why: 'without an /etc/passwd that can be read the home directory is /',
  },
  {
    call: 'openat2',
    answers: ['ENOENT'],
    lines: /^(mount|file) /,
    why: 'a masked or read-only path that is missing needs nothing',
  },
];

/** What is wrong with what came of a point, or undefined. */
export function judge(point: Point, { status, stderr, output, left }: Attempt, reference: Attempt): string | undefined {
  const { number, answer } = point;
  if (status === 124) return 'does not end';
  // It is the process already, and the runtime has no way to tell that it isn't.
  const isProcess = answer === 'SIGKILL' && callName(number).startsWith('execve');
  if (left.length > 0) return `left behind: ${left.join(', ')}`;
  if (status !== 0) {
    if (isProcess && status === 137) return undefined;
    if (!said(stderr)) return `status ${status} without a message: ${stderr}`;
    return output === '' ? undefined : `it failed, and this came of it: ${output.slice(0, 500)}`;
  }
  if (isProcess) return undefined;
  return difference(output, reference.output, allowed(point));
}

/** Lines that may differ. */
function allowed({ number, answer }: Point): RegExp[] {
  return exceptions
    .filter(({ call, answers }) => call === callName(number) && answers.some((name) => -errnos[name] === answer))
    .map(({ lines }) => lines);
}

function difference(output: string, expected: string, except: readonly RegExp[]): string | undefined {
  const lines = (text: string) => text.split('\n').filter((line) => !except.some((one) => one.test(line)));
  const [got, wanted] = [lines(output), lines(expected)];
  const [gotten, expecting] = [new Set(got), new Set(wanted)];
  const missing = wanted.filter((line) => !gotten.has(line));
  const more = got.filter((line) => !expecting.has(line));
  if (missing.length + more.length === 0 && got.length === wanted.length) return undefined;
  return ['another container', ...missing.map((line) => `- ${line}`), ...more.map((line) => `+ ${line}`)].join('\n');
}
