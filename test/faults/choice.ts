import { type Calls, errnos, key, type Point } from './points.js';

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
