/** The directory that holds the states of containers. */
import { foretellState } from '../container/forecast/state-directory.js';
import { type DoctorLine, type Examination, limited, missing, needed, ok } from './line.js';
import { statOf } from './proc-text.js';

/** The group of the state directory. */
export function examineStateDirectory(examination: Examination): DoctorLine[] {
  return [rootLine(examination), ...personal(examination)];
}

function rootLine({ rt }: Examination): DoctorLine {
  const [, , , , pid = 0] = rt.native.identity();
  const { outcome, why } = foretellState(rt, `tsrunc-doctor-${pid}`);
  if (outcome === 'works') return ok('--root', rt.root);
  return needed(
    missing('--root', `${rt.root}: ${why}`, {
      where: rt.root,
      remedy: '--root DIR, a directory of your own on a tmpfs',
    }),
  );
}

function personal({ rt: { env, native, root }, isRoot, facts }: Examination): DoctorLine[] {
  if (isRoot) return [];
  const directory = env.XDG_RUNTIME_DIR;
  const remedy = 'log in by a session of systemd, or: loginctl enable-linger USER';
  if (!directory)
    return [
      limited('XDG_RUNTIME_DIR', `not set: the state is in ${root}, and --systemd-cgroup finds no manager`, {
        remedy,
        where: 'XDG_RUNTIME_DIR',
      }),
    ];
  const stat = statOf(native, directory);
  if (stat === null) return [limited('XDG_RUNTIME_DIR', `${directory} is missing`, { remedy, where: directory })];
  if (stat.uid !== facts.uid)
    return [limited('XDG_RUNTIME_DIR', `${directory} belongs to uid ${stat.uid}`, { remedy, where: directory })];
  return [ok('XDG_RUNTIME_DIR', directory)];
}
