import { type Call, errnos, key, type Point } from './points.js';

/** Which points of a call are tried that is made `count` times. */
export type Choice = (call: Call, count: number) => Point[];

/** With TSRUNC_FAULTS=whole every call; else the first of each kind that isn't in `seen`, with the errnos that say most. */
export function choice(seen: Iterable<string> = []): Choice {
  if (process.env.TSRUNC_FAULTS === 'whole') return everyCall(Object.values(errnos));
  return firstOfEach([errnos.EPERM, errnos.EINVAL, errnos.ENOSYS, errnos.ENOMEM, errnos.EACCES], new Set(seen));
}

function firstOfEach(answers: readonly number[], seen: Set<string>): Choice {
  return (call) => {
    if (seen.has(key(call))) return [];
    seen.add(key(call));
    return answers.map((errno) => ({ ...call, when: '1', answer: -errno }));
  };
}

/** The first, the last and all of each kind with each answer, and every single one with the first of them. */
function everyCall(answers: readonly number[]): Choice {
  return (call, count) => {
    const [first = 1] = answers;
    const whens = count === 1 ? ['1'] : ['1', String(count), '1+'];
    const between = Array.from({ length: Math.max(0, count - 2) }, (_, at) => String(at + 2));
    return [
      ...answers.flatMap((errno) => whens.map((when) => ({ ...call, when, answer: -errno }))),
      ...between.map((when) => ({ ...call, when, answer: -first })),
    ];
  };
}
