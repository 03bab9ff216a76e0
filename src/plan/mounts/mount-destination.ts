import { cleanPath, isAtOrBelow } from '../../base/path.js';
import type { Mount, Spec } from '../../config/spec.js';
import type { PlanBuilder } from '../steps/builder.js';

/** What may be mounted below /proc: files that lxcfs and the like emulate, and two switches. Field by field as in runc. */
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
 * The clean destination of a mount. What would hide the container's own /proc from the runtime's checks, or the whole
 * root, is noted as a problem (CVE-2019-16884, CVE-2025-52881).
 */
export function checkDestination(mount: Mount, pointer: string, type: string, builder: PlanBuilder): string {
  const target = cleanPath(mount.destination);
  const from = `${pointer}/destination`;
  if (target === '/') {
    builder.problem('config', from, 'a mount at / would replace the root file system', 'set root.path instead');
  } else if (target === '/proc') {
    // A bind of the host's /proc is what a container in the host's pid namespace gets in a user namespace.
    if (type === 'bind' ? cleanPath(mount.source ?? '') !== '/proc' : type !== 'proc') {
      const what = type === 'bind' ? `a bind of ${mount.source}` : type;
      builder.problem('config', from, `only a proc file system may be mounted at /proc, not ${what}`);
    }
  } else if (isAtOrBelow(target, '/proc') && !allowedInProc.includes(target)) {
    builder.problem(
      'config',
      from,
      `${target} cannot be mounted because it is inside /proc`,
      `allowed there: ${allowedInProc.join(', ')}`,
    );
  }
  return target;
}

/**
 * The path in the container of one on the host that is in its root file system, clean; undefined for any other. Where the root is
 * the host's own there is nothing to tell them apart.
 */
export function pathInRoot(path: string, rootfs: string): string | undefined {
  const clean = cleanPath(path);
  if (rootfs === '/' || !isAtOrBelow(clean, rootfs)) return undefined;
  return clean.slice(rootfs.length) || '/';
}

/** The configuration with destinations that name the root file system by its path on the host as what they mean, as with runc. */
export function withInnerDestinations(spec: Spec, rootfs: string): Spec {
  if (spec.mounts?.every(({ destination }) => pathInRoot(destination, rootfs) === undefined) ?? true) return spec;
  const inner = (mount: Mount): Mount => {
    const destination = pathInRoot(mount.destination, rootfs);
    return destination === undefined ? mount : { ...mount, destination };
  };
  return { ...spec, mounts: spec.mounts!.map(inner) };
}
