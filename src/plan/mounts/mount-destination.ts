/** Checks where mounts go in the container. */
import { cleanPath, isAtOrBelow } from '../../base/path.js';
import type { Mount, Spec } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';

/**
 * What may be mounted below /proc: files that lxcfs and the like emulate, and two settings. The same list as runc's.
 */
const allowedInProc = [
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/slabinfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
];

/**
 * Checks the destination of a mount. A mount that would cover the whole root, or parts of /proc that the runtime
 * writes labels and kernel parameters to, is noted as a problem (CVE-2019-16884, CVE-2025-52881).
 * @param type file system type, `bind` for a bind mount
 * @returns the clean destination
 */
export function checkDestination(mount: Mount, pointer: string, type: string, builder: PlanBuilder): string {
  const target = cleanPath(mount.destination);
  const at = `${pointer}/destination`;
  if (target === '/') {
    builder.problem('config', at, 'a mount at / would replace the root file system', 'set root.path instead');
  } else if (target === '/proc') {
    // In a user namespace a container with the host's pid namespace can't mount proc, so it binds the host's /proc.
    if (type === 'bind' ? cleanPath(mount.source ?? '') !== '/proc' : type !== 'proc') {
      const what = type === 'bind' ? `a bind of ${mount.source}` : type;
      builder.problem('config', at, `only a proc file system may be mounted at /proc, not ${what}`);
    }
  } else if (isAtOrBelow(target, '/proc') && !allowedInProc.includes(target)) {
    builder.problem(
      'config',
      at,
      `${target} cannot be mounted because it is inside /proc`,
      `allowed there: ${allowedInProc.join(', ')}`,
    );
  }
  return target;
}

/**
 * Translates a path of the host that lies in the root file system to the path in the container, in clean form.
 * Undefined for any other path, and if the root is the host's own /, where nothing tells one from the other.
 */
export function pathInRoot(path: string, rootfs: string): string | undefined {
  // A clean path is never longer than the original, except for a first slash that was missing.
  if (path.length + 1 < rootfs.length) return undefined;
  const clean = cleanPath(path);
  if (rootfs === '/' || !isAtOrBelow(clean, rootfs)) return undefined;
  return clean.slice(rootfs.length) || '/';
}

/**
 * The configuration with destinations given as paths of the host below the root file system replaced by the paths in
 * the container, as with runc.
 */
export function withInnerDestinations(spec: Spec, rootfs: string): Spec {
  if (spec.mounts?.every(({ destination }) => pathInRoot(destination, rootfs) === undefined) ?? true) return spec;
  const inner = (mount: Mount): Mount => {
    const destination = pathInRoot(mount.destination, rootfs);
    return destination === undefined ? mount : { ...mount, destination };
  };
  return { ...spec, mounts: spec.mounts!.map(inner) };
}
