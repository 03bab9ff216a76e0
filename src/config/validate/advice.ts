/** Advice about security: what is allowed and may be meant, but gives a container more than most need. One sentence each says why. */
import { cleanPath } from '../../base/path.js';
import { quote } from '../../base/quote.js';
import { isBindMount } from '../bind-mount.js';
import { eachItem } from '../findings.js';
import type { NamespaceType, Process, Resources, Spec } from '../spec.js';
import type { Note } from './rule.js';

/** Capabilities that are as much as root on the host, where there is no user namespace, and why. */
const mighty: Readonly<Record<string, string>> = {
  CAP_SYS_ADMIN: 'it may mount file systems and enter other namespaces, from which there are many ways to the host',
  CAP_SYS_MODULE: 'it may load code into the kernel of the host',
  CAP_SYS_RAWIO: 'it may read and write the memory and the ports of the host',
  CAP_DAC_READ_SEARCH: 'it may open any file of a file system that it sees a part of, by open_by_handle_at(2)',
  CAP_SYS_BOOT: 'it may load another kernel',
  CAP_BPF: 'it may load programs into the kernel that read the memory of other processes',
};

/** What a container does that has no namespace of a type of its own. */
const sharing: Readonly<Partial<Record<NamespaceType, string>>> = {
  pid: 'it sees the processes of the host, may signal those of its user and read what is in their /proc',
  network: "it reaches what listens on the host's loopback and on abstract sockets, such as those of daemons",
  ipc: 'it reaches the shared memory and message queues of the host',
  mount: 'what it mounts or unmounts is mounted or unmounted on the host',
  cgroup: 'it sees in which cgroups of the host it is',
};

/** Sockets by which whoever can write to them starts processes as root. */
const sockets = /\/(docker|containerd|crio|podman|cri-dockerd|dockershim)(\/(containerd|crio|podman))?\.sock$/;
/** Directories of the host that give away the host when they can be written to. */
const delicate = new Set([
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/proc',
  '/root',
  '/run',
  '/sys',
  '/usr',
  '/var',
  '/var/lib',
  '/var/run',
]);

/** Advises about a configuration. */
export function advise(spec: Spec, note: Note): void {
  const { process, linux = {} } = spec;
  const user = linux.namespaces?.some((one) => one?.type === 'user') ?? false;
  if (process !== undefined) adviseProcess(process, user, note);
  for (const [type, why] of Object.entries(sharing)) {
    const index = linux.namespaces?.findIndex((one) => one?.type === type) ?? -1;
    if (index < 0) note('host-namespace', '/linux/namespaces', `has no ${quote(type)}: ${why}`);
    else if (/^\/proc\/1\//.test(linux.namespaces?.[index]?.path ?? '')) {
      note('host-namespace', `/linux/namespaces/${index}/path`, `is the host's: ${why}`);
    }
  }
  adviseMounts(spec, note);
  if (linux.seccomp === undefined || linux.seccomp.defaultAction === 'SCMP_ACT_ALLOW') {
    const what = linux.seccomp === undefined ? 'is missing' : 'allows what it does not name';
    note(
      'no-seccomp',
      '/linux/seccomp',
      `${what}: every system call of the kernel is in reach, also those with mistakes`,
    );
  }
  if ((linux.maskedPaths ?? []).length === 0) {
    note(
      'no-masked-paths',
      '/linux/maskedPaths',
      'is missing: /proc and /sys tell of the host, such as /proc/kcore its memory',
    );
  }
  const covered = [...(linux.readonlyPaths ?? []), ...(linux.maskedPaths ?? [])]
    .filter(Boolean)
    .map((path) => cleanPath(path));
  if (!['/proc/sys', '/proc'].some((path) => covered.includes(path))) {
    note(
      'writable-proc-sys',
      '/linux/readonlyPaths',
      "lacks /proc/sys: settings of the kernel that no namespace holds are the host's",
    );
  }
  if ((spec.hooks?.prestart?.length ?? 0) > 0) {
    note(
      'prestart-hook',
      '/hooks/prestart',
      'is given up: createRuntime hooks run at the same time, and are there to stay',
    );
  }
  adviseLimits(linux.resources ?? {}, note);
}

function adviseProcess(process: Process, userNamespace: boolean, note: Note): void {
  if (process.noNewPrivileges !== true) {
    const text = 'is not true: a program with the setuid bit, or with file capabilities, gives its caller more rights';
    note('new-privileges', '/process/noNewPrivileges', text);
  }
  if (userNamespace) return;
  if ((process.user?.uid ?? 0) === 0) {
    note(
      'host-root',
      '/process/user/uid',
      'is 0 without a user namespace: who breaks out of the container is root on the host',
    );
  }
  const { bounding, effective, permitted, inheritable, ambient } = process.capabilities ?? {};
  const told = new Set<string>();
  for (const [set, names] of Object.entries({ bounding, effective, permitted, inheritable, ambient })) {
    eachItem(names, `/process/capabilities/${set}`, (name, at) => {
      if (!Object.hasOwn(mighty, name) || told.has(name)) return;
      told.add(name);
      note('mighty-capability', at, `is ${name} without a user namespace: ${mighty[name]}`);
    });
  }
}

function adviseMounts({ mounts }: Spec, note: Note): void {
  eachItem(mounts, '/mounts', (mount, pointer) => {
    if (!isBindMount(mount) || !mount.source?.startsWith('/')) return;
    const source = cleanPath(mount.source);
    const at = `${pointer}/source`;
    const writable = !mount.options?.some((option) => option === 'ro' || option === 'rro');
    if (sockets.test(source)) {
      note(
        'engine-socket',
        at,
        `is ${quote(source)}: who can write to it has the engine start anything as root of the host`,
      );
    } else if (source === '/') note('host-path', at, 'is "/": the container has all files of the host');
    else if (delicate.has(source) && writable) {
      note('host-path', at, `is ${quote(source)} and can be written to: the host runs or obeys what is in it`);
    }
  });
}

function adviseLimits({ devices, pids }: Resources, note: Note): void {
  eachItem(devices, '/linux/resources/devices', ({ allow, type, major, access }, pointer) => {
    const all = (!type || type === 'a') && (major === undefined || major < 0);
    if (allow && all && access?.includes('w')) {
      note(
        'all-devices',
        pointer,
        'allows every device: the disks of the host can be written to, past its file systems',
      );
    }
  });
  if ((pids?.limit ?? 0) <= 0) {
    note('no-pids-limit', '/linux/resources/pids', 'is missing: processes that multiply leave the host none to start');
  }
}
