/** Reads the facts about this machine that the planner depends on. */
import { cgroupHost } from '../../cgroup/host.js';
import type { Native } from '../../native/native.js';
import type { HostFacts } from '../../plan/host-facts.js';
import type { Runtime } from '../runtime.js';
import { isInUserNamespace } from './user-namespace.js';

/**
 * Gathers the facts about this machine, without changing anything. Facts that only some plans need, or that aren't
 * needed before init is spawned, are read when they are first used.
 */
export function hostFacts(rt: Runtime): HostFacts {
  const { native } = rt;
  const [, uid = 0, , gid = 0] = native.identity();
  const [, , kernel = '', , machine = ''] = native.uname();
  const inUserNamespace = isInUserNamespace(native);
  const rootless = rt.rootless === 'auto' ? uid !== 0 || inUserNamespace : rt.rootless === 'true';
  const cgroup = once(() => cgroupHost(native, rootless));
  // Asked for some six types: the kernel takes longer to list the others than to look for these.
  const namespaces = { includes: (file: string) => native.stat(`/proc/self/ns/${file}`, false) !== null };
  const lastCapability = once(() => Number(native.readFileIfExists('/proc/sys/kernel/cap_last_cap', 64) ?? '40'));
  const bounding = once(() => boundingSet(native));
  const apparmor = once(
    () => native.readFileIfExists('/sys/module/apparmor/parameters/enabled', 64)?.startsWith('Y') ?? false,
  );
  const selinux = once(() => native.stat('/sys/fs/selinux/enforce', true) !== null);
  return {
    uid,
    gid,
    rootless,
    inUserNamespace,
    get cgroup() {
      return cgroup();
    },
    get lastCapability() {
      return lastCapability();
    },
    get boundingCapabilities() {
      return bounding();
    },
    get apparmor() {
      return apparmor();
    },
    get selinux() {
      return selinux();
    },
    get kcore() {
      return native.stat('/proc/kcore', false) !== null;
    },
    namespaces,
    machine,
    kernel,
  };
}

function once<T>(read: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= read();
    return value;
  };
}

function boundingSet(native: Native): bigint {
  const status = native.readFile('/proc/self/status', 1 << 16);
  const name = '\nCapBnd:';
  const at = status.indexOf(name);
  if (at < 0) return 0n;
  const start = at + name.length;
  return BigInt(`0x${status.slice(start, status.indexOf('\n', start)).trim()}`);
}
