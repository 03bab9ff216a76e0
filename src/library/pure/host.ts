/** The machine that is planned for: as it is given, or as most are. */
import { capabilityNames } from '../../config/capability-names.js';
import { namespaceTypes } from '../../config/namespace-types.js';
import type { HostFacts } from '../../plan/host-facts.js';
import type { Host } from '../types/host.js';

/** A host as most are, for whoever plans away from the one that will run the container. */
const typical: Host = {
  uid: 0,
  gid: 0,
  rootless: false,
  inUserNamespace: false,
  cgroups: {
    mode: 'unified',
    controllers: [],
    unified: {
      mountPoint: '/sys/fs/cgroup',
      root: '/',
      self: '/',
      controllers: ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'],
      writable: true,
    },
  },
  lastCapability: capabilityNames.length - 1,
  boundingCapabilities: capabilityNames,
  apparmor: false,
  selinux: false,
  kcore: true,
  namespaces: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'],
  machine: 'x86_64',
  kernel: '6.12.0',
};

/**
 * A whole description of a host from a part of one. What is left out is as on a host of today: root, cgroup v2 with every controller,
 * every capability and namespace, x86_64, Linux 6.12, neither AppArmor nor SELinux.
 * @param known what is known of the host. With a uid other than 0, `rootless` is true and `gid` the uid, unless they are given.
 */
export function assumeHost(known: Partial<Host> = {}): Host {
  const { uid = 0, gid = uid, inUserNamespace = false } = known;
  return { ...typical, uid, gid, inUserNamespace, rootless: uid !== 0 || inUserNamespace, ...known };
}

/** A Host as the planner takes it. */
export function factsOf(host: Host): HostFacts {
  const { cgroups, boundingCapabilities, namespaces, ...same } = host;
  const { controllers, unified, ...rest } = cgroups;
  let bounding = 0n;
  for (let number = 0; number < capabilityNames.length; number++)
    if (boundingCapabilities.includes(capabilityNames[number]!)) bounding |= 1n << BigInt(number);
  return {
    ...same,
    boundingCapabilities: bounding,
    namespaces: [...namespaces],
    cgroup: {
      ...rest,
      controllers: [...controllers],
      ...(unified && { unified: { ...unified, controllers: [...unified.controllers] } }),
    },
  };
}

/** The facts that were read about a host, as a Host. */
export function hostOf(facts: HostFacts): Host {
  const { boundingCapabilities: mask, cgroup, namespaces, ...same } = facts;
  const bounding = capabilityNames.filter((_, number) => (mask >> BigInt(number)) & 1n);
  const files = Object.values(namespaceTypes).map(({ file }) => file);
  const known = files.filter((file) => namespaces.includes(file));
  return { ...same, cgroups: cgroup, boundingCapabilities: bounding, namespaces: known };
}
