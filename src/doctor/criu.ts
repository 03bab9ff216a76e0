/** criu: whether it is there, new enough, and works with this kernel, by its own check. */
import { findCriu } from '../criu/executable.js';
import { CriuSession } from '../criu/session.js';
import { checkVersion } from '../criu/version.js';
import type { CommandResult } from '../native/native.js';
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';
import { errorOf } from './proc-text.js';

/** How long its check may take, in ms. */
const PATIENCE = 10_000;

/** The group of criu. */
export function examineCriu(examination: Examination): DoctorLine[] {
  return criuLines(examination);
}

function criuLines({ rt: { native, env }, isRoot }: Examination): DoctorLine[] {
  let criu: ReturnType<typeof findCriu> | undefined;
  errorOf(() => {
    criu = findCriu(native, env);
  });
  if (criu === undefined)
    return [
      missing('criu', 'not in PATH: no checkpoint and restore', { remedy: 'install the package criu, 3.16 or newer' }),
    ];
  const { executable, env: variables } = criu;
  let version = 0;
  const error = errorOf(() => {
    const session = CriuSession.start(native, { executable, env: variables, fds: [-1, -1, -1], cgroup: -1 });
    try {
      version = session.version();
      checkVersion(session);
    } finally {
      session.close();
    }
  });
  if (error !== undefined) return [limited('criu', error.message, { where: executable, remedy: 'criu 3.16 or newer' })];
  const found = ok('criu', `${executable}, ${Math.floor(version / 10000)}.${Math.floor(version / 100) % 100}`);
  if (!isRoot) return [found, limited('check', 'checkpoint and restore need root')];
  return [found, checkLine(native.command(executable, ['criu', 'check'], [...variables], '/', '', PATIENCE, 4096))];
}

function checkLine({ status, timedOut, stdout, stderr }: CommandResult): DoctorLine {
  if (timedOut)
    return limited('check', `its check took longer than ${PATIENCE / 1000} s`, { remedy: '`criu check` says more' });
  if (status === 0) return ok('check', 'it finds all that it needs in this kernel');
  const lines = `${stderr}${stdout}`.split('\n').filter((line) => line.includes('Error'));
  // Its helpers' exit statuses say nothing.
  const words = lines.filter((line) => !line.includes('exited, status='));
  return limited('check', `this kernel lacks what it needs: ${words[0]?.trim() ?? `exit status ${status}`}`, {
    where: 'CONFIG_CHECKPOINT_RESTORE',
    remedy: '`criu check --all` says more',
  });
}
