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

/**
 * For the runtime. With TSRUNC_FAULTS=whole each single call; else the first call from each place that no command before had.
 */
export function runtimeChoice(): Choice {
  const answers: Point['answer'][] = [-errnos.EPERM, -errnos.ENOMEM, -errnos.ENOSPC, 'SIGKILL'];
  const seen = new Set<string>();
  return ({ call, places }) => {
    const points: Point[] = [];
    const fallible = !infallible.has(callName(call.number));
    const some = answers.filter((answer) => fallible || answer === 'SIGKILL');
    places.forEach((place, at) => {
      const name = `${key(call)} ${place}`;
      const isNew = !seen.has(name);
      seen.add(name);
      const when = String(at + 1);
      if (isWhole) for (const answer of some) points.push({ ...call, when, answer });
      else if (isNew) for (const answer of some.slice(0, 1)) points.push({ ...call, when, answer });
    });
    if (isWhole && fallible)
      for (const errno of [errnos.EINTR, errnos.EPERM]) points.push({ ...call, when: '1+', answer: -errno });
    return points;
  };
}
