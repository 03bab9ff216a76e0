/** The kernel, and the system calls that tsrunc uses and older kernels lack. Each is made, with arguments that it refuses. */
import { EBADF, ENOSYS, EPERM } from '../base/errno.js';
import { type DoctorLine, type Examination, limited, missing, needed, ok } from './line.js';

/** What a call is for, since which Linux it is there, and what happens without it if that is not the end. */
interface Call {
  readonly use: string;
  readonly since: string;
  readonly without?: string;
}

const calls: Readonly<Record<string, Call>> = {
  openat2: { use: 'paths are resolved within the root file system', since: '5.6' },
  open_tree: { use: 'bind mounts', since: '5.2' },
  move_mount: { use: 'mounts are attached', since: '5.2' },
  fsopen: { use: 'new file systems', since: '5.2' },
  fsconfig: { use: 'options of file systems', since: '5.2' },
  fsmount: { use: 'new file systems', since: '5.2' },
  fspick: { use: 'remounts', since: '5.2', without: 'the option remount fails' },
  mount_setattr: { use: 'mount options, recursive ones and idmapped mounts', since: '5.12' },
  clone3: { use: 'init is started in its namespaces', since: '5.3' },
  close_range: { use: 'no descriptor reaches a container', since: '5.11' },
  pidfd_open: { use: 'processes are told from later ones with the same pid', since: '5.3' },
  pidfd_send_signal: { use: 'signals reach the right process', since: '5.1' },
  pidfd_getfd: { use: 'the seccomp listener is fetched', since: '5.6', without: 'profiles with a listener fail' },
  memfd_create: { use: 'init is executed from memory', since: '3.17' },
  faccessat2: { use: 'executables are looked for', since: '5.8', without: 'an older call is used' },
  fchmodat2: { use: 'modes of devices', since: '6.6', without: '/proc is used instead' },
  bpf: { use: 'device rules of cgroup v2', since: '3.18', without: 'device rules of cgroup v2 fail' },
  keyctl: { use: 'a session keyring for each container', since: '2.6.10', without: 'containers share the keyring' },
};

/** The group of the kernel. */
export function examineKernel({ rt: { native }, isRoot }: Examination): DoctorLine[] {
  const [, , release = '', , machine = ''] = native.uname();
  const answers = new Map(
    native.kernelCalls().map((answer): [string, number] => {
      const [name = '', errno] = answer.split(' ');
      return [name, Number(errno)];
    }),
  );
  const lines = Object.entries(calls).map(([name, call]) => callLine(name, call, answers.get(name), isRoot));
  return [ok('release', `Linux ${release}, ${machine}`), ...lines, intoCgroup(answers)];
}

function callLine(name: string, call: Call, errno: number | undefined, isRoot: boolean): DoctorLine {
  const { use, since, without } = call;
  if (errno === ENOSYS) {
    const more = { remedy: `Linux ${since} or newer` };
    if (without !== undefined) return limited(name, `not there: ${without}`, more);
    return needed(missing(name, `not there, and needed: ${use}`, more));
  }
  // Without root's rights some say so before they look at their arguments.
  if (errno === EPERM && isRoot) {
    const more = { remedy: 'loosen the seccomp profile or security module that tsrunc itself runs under' };
    if (without !== undefined) return limited(name, `forbidden: ${without}`, more);
    return needed(missing(name, `forbidden, and needed: ${use}`, more));
  }
  return ok(name, use);
}

function intoCgroup(answers: ReadonlyMap<string, number>): DoctorLine {
  if (answers.get('CLONE_INTO_CGROUP') === EBADF) return ok('CLONE_INTO_CGROUP', 'init is started in its cgroup (v2)');
  return missing('CLONE_INTO_CGROUP', 'not there: containers with a cgroup of v2 fail', {
    remedy: 'Linux 5.7 or newer',
  });
}
