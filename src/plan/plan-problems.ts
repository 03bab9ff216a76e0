/** Finds mistakes in a configuration that show only when it is planned, whatever the host. */
import { TsruncError } from '../base/error.js';
import type { Finding } from '../config/findings.js';
import type { Spec } from '../config/spec.js';
import type { HostFacts } from './host-facts.js';
import { planContainer } from './plan-container.js';

/** A host that has everything: what it can't do is no mistake of the configuration. */
const host: HostFacts = {
  uid: 0,
  gid: 0,
  rootless: false,
  inUserNamespace: false,
  cgroup: {
    mode: 'unified',
    controllers: [],
    unified: {
      mountPoint: '/sys/fs/cgroup',
      root: '/',
      self: '/',
      controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'],
    },
  },
  lastCapability: 63,
  boundingCapabilities: (1n << 64n) - 1n,
  apparmor: true,
  selinux: true,
  kcore: true,
  namespaces: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'],
  machine: 'x86_64',
  kernel: '7.0.0',
};

/**
 * What planContainer refuses with the code 'config' on a host that can do everything. A cgroupsPath for systemd has its own form, and
 * is taken for such by its colons.
 * @param spec that has passed all checks
 */
export function planProblems(spec: Spec): readonly Finding[] {
  if (spec.process === undefined) return [{ pointer: '/process', text: 'is missing; must be given to run something' }];
  const cgroupManager = /^[^/:]*:[^:]*:[^:]+$/.test(spec.linux?.cgroupsPath ?? '') ? 'systemd' : 'cgroupfs';
  const options = {
    id: 'id',
    bundle: '/bundle',
    rootfs: '/bundle/rootfs',
    noPivot: false,
    noNewKeyring: false,
    preserveFds: 0,
    listenFds: 0,
    foreground: false,
    cgroupManager,
    environment: {},
  } as const;
  try {
    planContainer(spec, options, host);
    return [];
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return (error.fields.problems ?? [error])
      .filter(({ code }) => code === 'config')
      .map(({ message, fields: { pointer = '', hint } }) => ({
        pointer,
        text: hint === undefined ? message : `${message}; ${hint}`,
      }));
  }
}
