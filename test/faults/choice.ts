import { type Calls, errnos, key, type Point } from './points.js';
import { callName } from './programs.js';

/** Which points are tried of the calls of one kind. */
export type Choice = (calls: Calls) => Point[];

export const isWhole = process.env.TSRUNC_FAULTS === 'whole';

/** With TSRUNC_FAULTS=whole each place of the program; else the first call of each kind that isn't in `seen`, with the errnos that say most. */
export function choice(seen: Iterable<string> = []): Choice {
  if (isWhole) return eachPlace([...Object.values(errnos).map((errno) => -errno), 'SIGKILL']);
  const most = [errnos.EPERM, errnos.EINVAL, errnos.ENOSYS, errnos.ENOMEM, errnos.EACCES];
  return firstOfEach(
    most.map((errno) => -errno),
    new Set(seen),
  );
}

function firstOfEach(answers: readonly Point['answer'][], seen: Set<string>): Choice {
  return ({ call }) => {
    if (seen.has(key(call))) return [];
    seen.add(key(call));
    return answers.map((answer) => ({ ...call, when: '1', answer }));
  };
}

/**
 * Each place from which a call comes: with every answer where it is seen first, in whichever scenario, and with the first of them in each
 * other one, the first and the last time. All of a kind, whatever the place: with every answer where the kind is seen first.
 */
function eachPlace(answers: readonly Point['answer'][]): Choice {
  const [first = -errnos.EPERM] = answers;
  const seen = new Set<string>();
  /** Every answer once, then the first. */
  const anew = (what: string) => {
    if (seen.has(what)) return [first];
    seen.add(what);
    return answers;
  };
  return ({ call, places }) => {
    const kind = key(call);
    const points: Point[] = [];
    for (const place of new Set(places)) {
      const [start, end] = [places.indexOf(place) + 1, places.lastIndexOf(place) + 1];
      for (const answer of anew(`${kind} ${place}`)) points.push({ ...call, when: String(start), answer });
      if (end !== start) points.push({ ...call, when: String(end), answer: first });
    }
    if (places.length > 1)
      for (const answer of anew(kind)) if (answer !== 'SIGKILL') points.push({ ...call, when: '1+', answer });
    return points;
  };
}

/** These can't fail, or end the process; what they give is no errno. */
const infallible = new Set(
  [
    'exit',
    'exit_group',
    'rt_sigreturn',
    'brk',
    'getpid',
    'gettid',
    'getppid',
    'getuid',
    'geteuid',
    'getgid',
    'getegid',
  ].concat(['umask', 'set_tid_address', 'sched_yield', 'getpgrp', 'getpgid', 'getsid', 'restart_syscall']),
);

/** Some of those that are made again when a signal interrupts them. */
const retried = new Set(['flock', 'poll', 'recvmsg', 'waitid']);

/** Of the runtime's calls: each is tried with these. */
const runtimeAnswers: readonly Point['answer'][] = [-errnos.EPERM, -errnos.ENOMEM, -errnos.ENOSPC, 'SIGKILL'];

/**
 * For the runtime. With TSRUNC_FAULTS=whole each single call, and all of a kind; else the first call from each place that no command before
 * had, and of those about every fourth with SIGKILL too.
 */
export function runtimeChoice(): Choice {
  const seen = new Set<string>();
  return ({ call, places }) => {
    const fallible = !infallible.has(callName(call.number));
    if (isWhole) return eachCall({ call, places }, fallible);
    const points: Point[] = [];
    if (retried.has(callName(call.number)) && !seen.has(key(call)))
      points.push({ ...call, when: '1+', answer: -errnos.EINTR });
    seen.add(key(call));
    places.forEach((place, at) => {
      const name = `${key(call)} ${place}`;
      if (seen.has(name)) return;
      seen.add(name);
      const when = String(at + 1);
      if (fallible) points.push({ ...call, when, answer: -errnos.EPERM });
      if (seen.size % 4 === 0) points.push({ ...call, when, answer: 'SIGKILL' });
    });
    return points;
  };
}

function eachCall({ call, places }: Calls, fallible: boolean): Point[] {
  const answers = runtimeAnswers.filter((answer) => fallible || answer === 'SIGKILL');
  const single = places.flatMap((_, at) => answers.map((answer) => ({ ...call, when: String(at + 1), answer })));
  if (!fallible) return single;
  return [...single, ...[errnos.EINTR, errnos.EPERM].map((errno) => ({ ...call, when: '1+', answer: -errno }))];
}
