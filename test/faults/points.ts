import { callName } from './programs.js';

/** A system call as it is told apart: its number, and the option of prctl and its like. */
export interface Call {
  readonly role: string;
  readonly number: number;
  readonly which: number;
}

/** One answer of the kernel at one call. */
export interface Point extends Call {
  /** `3`: the third one of its kind; `3+`: that and all after it. */
  readonly when: string;
  /** A negative errno, or what the call gives without having done anything; or the process is killed there. */
  readonly answer: number | 'SIGKILL';
}

/** The errnos that are tried, by name. */
export const errnos = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EINVAL: 22,
  EMFILE: 24,
  ENOSPC: 28,
  ENOSYS: 38,
} as const;

export const key = ({ role, number, which }: Call): string => `${role} ${number}:${which}`;

/** One kind of call, as a run makes it. */
export interface Calls {
  readonly call: Call;
  /** From where in the program each of them came. */
  readonly places: readonly string[];
}

/** The calls by kind, of the report of a run that was only watched. */
export function callsOf(report: string): Map<string, Calls> {
  const found = new Map<string, { call: Call; places: string[] }>();
  for (const line of report.trim().split('\n')) {
    const [role = '', number, which, place = ''] = line.split(' ');
    const call = { role, number: Number(number), which: Number(which) };
    if (role === 'left' || role === 'child') continue;
    const entry = found.get(key(call));
    if (entry === undefined) found.set(key(call), { call, places: [place] });
    else entry.places.push(place);
  }
  return found;
}

/** The arguments of `fault` that bring a point about. */
export function selection({ role, number, which, when, answer }: Point): string[] {
  const what = answer === 'SIGKILL' ? ['--kill'] : ['--answer', String(answer)];
  return ['--who', role, '--call', `${number}:${which}`, '--when', when, ...what];
}

/** A point in words: `init: openat2 #3 EPERM`. */
export function describe({ role, number, which, when, answer }: Point): string {
  const errno = Object.entries(errnos).find(([, value]) => value === -answer)?.[0];
  return `${role}: ${callName(number)}${which === 0 ? '' : `(${which})`} #${when} ${errno ?? answer}`;
}
