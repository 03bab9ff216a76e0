/** seccomp: what the kernel takes, by asking it, and the library that compiles profiles. */
import { allSeccompFlags } from '../plan/seccomp/seccomp-flags.js';
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';

/** In the order of the bits that seccompKernel returns. */
const actions = ['KILL_PROCESS', 'KILL_THREAD', 'TRAP', 'ERRNO', 'USER_NOTIF', 'TRACE', 'LOG', 'ALLOW'];
const USER_NOTIF = 1 << 4;

/** The group of seccomp. */
export function examineSeccomp({ rt: { native } }: Examination): DoctorLine[] {
  const [known = 0, taken = 0] = native.seccompKernel();
  const lines = [filterLine(taken), notifyLine(known, taken), flagsLine(known)];
  return [...lines, ok('libseccomp', native.seccompVersion().join('.'))];
}

function filterLine(taken: number): DoctorLine {
  if (taken === 0)
    return missing('filter', 'this kernel loads none: profiles fail', {
      where: 'CONFIG_SECCOMP_FILTER',
      remedy: 'a kernel that is built with it',
    });
  const absent = actions.filter((_, bit) => (taken & (1 << bit)) === 0 && bit !== 4);
  if (absent.length > 0)
    return limited('filter', `without the actions ${absent.join(', ')}`, { remedy: 'Linux 4.14 or newer' });
  return ok('filter', 'all actions');
}

function notifyLine(known: number, taken: number): DoctorLine {
  if ((taken & USER_NOTIF) !== 0 && (known & allSeccompFlags.NEW_LISTENER) !== 0)
    return ok('notify', 'profiles may have a listener');
  return missing('notify', 'profiles with a listener fail', { remedy: 'Linux 5.0 or newer' });
}

function flagsLine(known: number): DoctorLine {
  const absent = Object.entries(allSeccompFlags).filter(([, flag]) => (known & flag) === 0);
  if (absent.length === 0) return ok('flags', 'all of them');
  return limited('flags', `without ${absent.map(([name]) => name).join(', ')}`, { remedy: 'Linux 5.19 or newer' });
}
