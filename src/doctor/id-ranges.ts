/** The ids that a user may map besides the own one: /etc/subuid, /etc/subgid, newuidmap and newgidmap. */
import { type SubIdRange, subIdRanges } from '../base/sub-id-ranges.js';
import type { IdMapping } from '../config/spec.js';
import { writeIdMaps } from '../container/creation/id-maps.js';
import { DEFAULT_PATH } from '../native/find-program.js';
import { CLONE_NEWUSER } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';
import { errorOf, statOf, textOf } from './proc-text.js';

const S_ISUID = 0o4000;

/** The group of id ranges. Root needs none of it. */
export function examineIdRanges(examination: Examination): DoctorLine[] {
  const { rt, isRoot, facts } = examination;
  if (isRoot) return [ok('ids', 'root may map any ids'), ...toolLines(rt.native, rt.env.PATH)];
  const ranges = (['uid', 'gid'] as const).map((kind) => rangesOf(rt.native, facts.uid, kind));
  const lines = (['uid', 'gid'] as const).map((kind, i) => rangeLine(kind, ranges[i] ?? [], facts.uid));
  const tools = toolLines(rt.native, rt.env.PATH);
  const can = [...lines, ...tools].every(({ status }) => status === 'ok');
  return [...lines, ...tools, ...(can ? [tried(examination, ranges)] : [])];
}

/** The ranges of a user, by name or uid (subuid(5)). */
export function rangesOf(native: Native, uid: number, kind: 'uid' | 'gid'): SubIdRange[] {
  const owners = [String(uid), native.userName(uid)].filter((one) => one !== null);
  return subIdRanges(textOf(native, `/etc/sub${kind}`) ?? '', owners);
}

function rangeLine(kind: 'uid' | 'gid', ranges: readonly SubIdRange[], uid: number): DoctorLine {
  const where = `/etc/sub${kind}`;
  const total = ranges.reduce((sum, { count }) => sum + count, 0);
  const remedy = `usermod --add-sub${kind}s 100000-165535 USER (as root; any free range)`;
  if (total === 0)
    return limited(`sub${kind}`, `no range for uid ${uid}: a container has one id only`, { where, remedy });
  const text = ranges.map(({ first, count }) => `${first}-${first + count - 1}`).join(', ');
  if (total < 65536)
    return limited(`sub${kind}`, `${text}: fewer than the 65536 that images expect`, { where, remedy });
  return ok(`sub${kind}`, text);
}

function toolLines(native: Native, path = DEFAULT_PATH): DoctorLine[] {
  return ['newuidmap', 'newgidmap'].map((name) => {
    for (const directory of path.split(':')) {
      const file = `${directory}/${name}`;
      const stat = directory.startsWith('/') ? statOf(native, file) : null;
      if (stat === null) continue;
      if ((stat.mode & S_ISUID) !== 0 && stat.uid === 0) return ok(name, `${file}, setuid root`);
      if (hasCapabilities(native, file)) return ok(name, `${file}, with file capabilities`);
      return limited(name, `${file} is neither setuid nor has file capabilities: it can map nothing for users`, {
        where: file,
        remedy: `setcap cap_set${name.slice(3, 6)}=ep ${file} (as root)`,
      });
    }
    return missing(name, 'not in PATH: a user can map the own id only', { remedy: 'install the package uidmap' });
  });
}

function hasCapabilities(native: Native, file: string): boolean {
  let found: string | null = null;
  errorOf(() => {
    found = native.getXattr(file, 'security.capability');
  });
  return found !== null;
}

/** Maps one id of each range by the two programs, in a user namespace that goes with its process. */
function tried({ rt, facts, attempt }: Examination, [uids = [], gids = []]: SubIdRange[][]): DoctorLine {
  const maps = (own: number, [range]: SubIdRange[]): IdMapping[] => [
    { containerID: 0, hostID: own, size: 1 },
    ...(range === undefined ? [] : [{ containerID: 1, hostID: range.first, size: range.count }]),
  ];
  const error = attempt(
    (builder) => builder.add('', { step: 'unshare', flags: CLONE_NEWUSER }),
    (pid) =>
      writeIdMaps(
        rt,
        { uid: maps(facts.uid, uids), gid: maps(facts.gid, gids), denySetgroups: false, viaHelpers: true },
        pid,
      ),
  );
  if (error === undefined) return ok('mapping', 'the ranges could be mapped');
  return limited('mapping', `the ranges could not be mapped: ${error.message}`, { where: '/etc/subuid, /etc/subgid' });
}
