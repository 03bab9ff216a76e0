import { cgroupHost } from '../cgroup/host.js';
import type { HostFacts } from '../host-facts.js';
import type { Native } from '../native/native.js';
import type { Runtime } from './runtime.js';
import { isInUserNamespace } from './user-namespace.js';

/** Gathers what the planner has to know of this machine. Reads only. */
export function hostFacts(rt: Runtime): HostFacts {
  const { native } = rt;
  const [, uid = 0, , gid = 0] = native.identity();
  const [, , kernel = '', , machine = ''] = native.uname();
  const inUserNamespace = isInUserNamespace(native);
  const rootless = rt.rootless === 'auto' ? uid !== 0 || inUserNamespace : rt.rootless === 'true';
  return {
    uid,
    gid,
    rootless,
    inUserNamespace,
    cgroup: cgroupHost(native, rootless),
    lastCapability: Number(native.readFileIfExists('/proc/sys/kernel/cap_last_cap', 64) ?? '40'),
    boundingCapabilities: boundingSet(native),
    apparmor: native.readFileIfExists('/sys/module/apparmor/parameters/enabled', 64)?.startsWith('Y') ?? false,
    selinux: native.stat('/sys/fs/selinux/enforce', true) !== null,
    kcore: native.stat('/proc/kcore', false) !== null,
    namespaces: native.readDir('/proc/self/ns').filter((name) => !name.endsWith('_for_children')),
    machine,
    kernel,
  };
}

function boundingSet(native: Native): bigint {
  const digits = /^CapBnd:\s*([0-9a-f]+)$/m.exec(native.readFile('/proc/self/status', 1 << 16))?.[1];
  return BigInt(`0x${digits ?? '0'}`);
}
