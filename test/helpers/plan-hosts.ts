/** Made-up hosts and options for the tests of the planner. */

import type { CgroupController } from '../../src/cgroup/plan/cgroup-host.js';
import type { HostFacts } from '../../src/plan/host-facts.js';
import type { PlanOptions } from '../../src/plan/plan-container.js';

const namespaces = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];
const v2 = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'];

/** Root of a host with nothing but cgroup v2, AppArmor on. */
export const unifiedRoot: HostFacts = {
  uid: 0,
  gid: 0,
  rootless: false,
  inUserNamespace: false,
  cgroup: {
    mode: 'unified',
    controllers: [],
    unified: { mountPoint: '/sys/fs/cgroup', root: '/', self: '/system.slice/ssh.service', controllers: v2 },
  },
  lastCapability: 40,
  boundingCapabilities: (1n << 41n) - 1n,
  apparmor: true,
  selinux: false,
  kcore: false,
  namespaces,
  machine: 'x86_64',
  kernel: '6.18.0',
};

function hierarchies(...directories: string[]): CgroupController[] {
  return directories.flatMap((directory) => {
    const mountPoint = `/sys/fs/cgroup/${directory}`;
    const names = directory === 'systemd' ? ['name=systemd'] : directory.split(',');
    return names.map((name) => ({ name, mountPoint, root: '/', self: '/user.slice' }));
  });
}

/** Root of a host with v1 controllers and a cgroup2 mount beside them, both label systems on. */
export const hybridRoot: HostFacts = {
  ...unifiedRoot,
  apparmor: true,
  selinux: true,
  cgroup: {
    mode: 'hybrid',
    controllers: hierarchies(
      'cpuset',
      'cpu,cpuacct',
      'blkio',
      'memory',
      'devices',
      'freezer',
      'net_cls,net_prio',
      'perf_event',
      'hugetlb',
      'pids',
      'rdma',
      'systemd',
    ),
    unified: { mountPoint: '/sys/fs/cgroup/unified', root: '/', self: '/user.slice', controllers: [] },
  },
};

/** A user of a host with cgroup v2, in the initial user namespace. */
export const rootlessUser: HostFacts = {
  ...unifiedRoot,
  uid: 1000,
  gid: 1000,
  rootless: true,
  cgroup: {
    mode: 'unified',
    controllers: [],
    unified: {
      mountPoint: '/sys/fs/cgroup',
      root: '/',
      self: '/user.slice/user-1000.slice/user@1000.service/app.slice',
      controllers: v2,
    },
  },
};

export const options: PlanOptions = {
  id: 'c1',
  bundle: '/bundle',
  rootfs: '/bundle/rootfs',
  noPivot: false,
  noNewKeyring: false,
  preserveFds: 0,
  listenFds: 0,
  foreground: false,
  cgroupManager: 'cgroupfs',
  environment: { PATH: '/runtime/bin' },
};
