/** What is left of containers: state directories whose process is gone, and cgroups whose state directory is gone. */
import { quote } from '../base/quote.js';
import { walkBelow } from '../cgroup/below.js';
import { holderExists, parseHolder } from '../cgroup/ownership/holder.js';
import { markOf } from '../cgroup/ownership/ownership.js';
import { controllersKey, hierarchies } from '../cgroup/plan/path.js';
import { listContainers } from '../container/commands/list.js';
import { type DoctorLine, type Examination, limited, ok } from './line.js';
import { errorOf } from './proc-text.js';

/** More names make a line unreadable. */
const MOST_NAMES = 8;

const some = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(' ')
    : `${names.slice(0, MOST_NAMES).join(' ')} and ${names.length - MOST_NAMES} more`;

/** The group of what is left. */
export function examineLeftovers(examination: Examination): DoctorLine[] {
  return [...stateLines(examination), cgroupLine(examination)];
}

function stateLines({ rt }: Examination): DoctorLine[] {
  let lines: DoctorLine[] = [];
  const error = errorOf(() => {
    const { states, errors } = listContainers(rt);
    const ended = states.filter(({ status }) => status === 'stopped').map(({ id }) => id);
    const alive = states.length - ended.length;
    if (ended.length === 0) lines = [ok('containers', `${alive} alive, none ended`)];
    else
      lines = [
        limited('containers', `${ended.length} of ${states.length} have ended and were not deleted: ${some(ended)}`, {
          where: rt.root,
          remedy: `tsrunc delete ${ended.length === 1 ? ended[0] : 'ID'}`,
        }),
      ];
    for (const one of errors)
      lines.push(limited('state', one.message, { where: rt.root, remedy: 'tsrunc delete --force ID' }));
  });
  return error === undefined ? lines : [limited('containers', `can't be read: ${error.message}`, { where: rt.root })];
}

/** Cgroups that are marked as those of a container whose state directory is gone. */
function cgroupLine({ rt: { native }, facts: { cgroup }, isRoot }: Examination): DoctorLine {
  const left: string[] = [];
  const walk = (key: string, directory: string): void =>
    walkBelow(native, directory, key === '', {
      enter(child, isNamed) {
        if (!isNamed) return false;
        // A user to whom a cgroup was given can set a mark that root does not believe.
        const mark = markOf(native, child, isRoot);
        const isLeft =
          mark !== undefined &&
          mark !== 'gone' &&
          parseHolder(mark.holder) !== undefined &&
          !holderExists(native, mark.holder);
        if (isLeft) left.push(child);
        return true;
      },
    });
  const error = errorOf(() => {
    for (const mount of hierarchies(cgroup.controllers)) walk(controllersKey(mount), mount.mountPoint);
    if (cgroup.unified !== undefined) walk('', cgroup.unified.mountPoint);
  });
  if (error !== undefined)
    return limited('cgroups', `can't be looked through: ${error.message}`, { where: '/sys/fs/cgroup' });
  if (left.length === 0) return ok('cgroups', 'none of a container that is gone');
  // Whoever made them named them: nothing of that goes to a terminal or a shell as it is.
  const plain = left.filter((path) => /^[\w./@:+-]+$/.test(path));
  return limited(
    'cgroups',
    `of containers that are gone: ${some(left.map((path) => (plain.includes(path) ? path : quote(path))))}`,
    {
      where: '/sys/fs/cgroup',
      remedy:
        plain.length > 0
          ? `once no process is in them: rmdir ${some(plain)}`
          : 'once no process is in them: rmdir, with their names quoted',
    },
  );
}
