/** systemd, for --systemd-cgroup: it is asked for its version. */
import { connectSystemd } from '../container/creation/systemd-unit.js';
import { type DoctorLine, type Examination, limited, ok } from './line.js';
import { errorOf } from './proc-text.js';

/** There on a machine that was booted with systemd (sd_booted(3)). */
const BOOTED = '/run/systemd/system';

/** The group of systemd. */
export function examineSystemd(examination: Examination): DoctorLine[] {
  return [managerLine(examination)];
}

function managerLine({ rt, facts }: Examination): DoctorLine {
  const whose = facts.rootless ? "the user's manager" : 'the manager';
  let version = 0;
  const error = errorOf(() => {
    const { manager, facts: found } = connectSystemd(rt, facts);
    manager.close();
    version = found.cgroup.systemd?.version ?? 0;
  });
  if (error === undefined) return ok('manager', `${whose} answers, version ${version}: --systemd-cgroup works`);
  if (error.fields.path === BOOTED)
    return limited('manager', 'this machine was not booted with systemd: --systemd-cgroup fails', {
      where: BOOTED,
      remedy: 'leave --systemd-cgroup out',
    });
  return limited('manager', `${whose} can't be reached: ${error.message}`, {
    where: facts.rootless ? 'XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS' : '/run/dbus/system_bus_socket',
    remedy: facts.rootless
      ? 'log in by a session of its own, or: loginctl enable-linger USER'
      : 'systemctl status dbus',
  });
}
