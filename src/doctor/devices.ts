/** Devices: what a terminal takes, and what is bound where no device can be made. */
import { DEVPTS_SUPER_MAGIC, O_NOCTTY, O_RDWR, S_IFCHR, S_IFMT } from '../native/flags.js';
import { type DoctorLine, type Examination, limited, missing, ok } from './line.js';
import { errorOf, statOf } from './proc-text.js';

/** The minor numbers of the devices that every container has (config-linux.md, "Default Devices"); the major number is 1. */
const memory: Readonly<Record<string, number>> = { null: 3, zero: 5, full: 7, random: 8, urandom: 9 };

/** The group of devices. */
export function examineDevices(examination: Examination): DoctorLine[] {
  return [terminalLine(examination), ptsLine(examination), defaultsLine(examination)];
}

function terminalLine({ rt: { native } }: Examination): DoctorLine {
  const error = errorOf(() => native.close(native.open('/dev/ptmx', O_RDWR | O_NOCTTY, 0)));
  if (error === undefined) return ok('/dev/ptmx', 'a terminal can be opened');
  return limited('/dev/ptmx', `no terminal can be opened: ${error.message}`, {
    where: '/dev/ptmx',
    remedy: 'mount -t devpts -o ptmxmode=666,mode=620,gid=5 devpts /dev/pts; /dev/ptmx is 5:2, or a link to pts/ptmx',
  });
}

function ptsLine({ rt: { native } }: Examination): DoctorLine {
  let type = 0;
  errorOf(() => {
    type = native.fsType('/dev/pts');
  });
  if (type === DEVPTS_SUPER_MAGIC) return ok('/dev/pts', 'a devpts');
  return limited('/dev/pts', 'no devpts is mounted there', {
    where: '/dev/pts',
    remedy: 'mount -t devpts -o ptmxmode=666,mode=620,gid=5 devpts /dev/pts',
  });
}

function defaultsLine({ rt: { native } }: Examination): DoctorLine {
  const wrong = Object.keys(memory).filter((name) => {
    const stat = statOf(native, `/dev/${name}`);
    const isRight =
      stat !== null && (stat.mode & S_IFMT) === S_IFCHR && stat.rdevMajor === 1 && stat.rdevMinor === memory[name];
    return !isRight;
  });
  if (wrong.length === 0) return ok('default devices', Object.keys(memory).join(', '));
  const paths = wrong.map((name) => `/dev/${name}`).join(', ');
  return missing('default devices', `${paths}: missing, or another device: containers that bind them fail`, {
    where: '/dev',
    remedy: wrong.map((name) => `mknod -m 666 /dev/${name} c 1 ${memory[name]}`).join('; '),
  });
}
