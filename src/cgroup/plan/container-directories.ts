/** A container's directories, one a hierarchy, and what is done in them: the same whoever makes them, tsrunc or systemd. */
import type { Spec } from '../../config/spec.js';
import { cgroupOwner, type OwnerFacts } from '../owner.js';
import type { CgroupHost } from './cgroup-host.js';
import type { CgroupOperation, CgroupPlan } from './cgroup-plan.js';
import { enabling } from './enabling.js';
import type { ContainerDirectories } from './limits.js';
import { byController, controllersKey, hierarchies, type Mounted } from './path.js';
import { type DeviceRights, deviceOperations } from './plan-devices.js';

/** ContainerDirectories.absent: nobody has kept it from us. */
export const NOT_ON_HOST = "isn't there on this host";

/** The directories by controller and, as `paths` of CgroupPlan, by hierarchy. */
export type PlacedDirectories = ContainerDirectories & { paths: CgroupPlan['paths'] };

/**
 * Places a container in hierarchies.
 * @param directoryIn where it is in one: the directory
 * @param absent why there are no more: see ContainerDirectories
 */
export function placeDirectories(
  { controllers, unified }: Pick<CgroupHost, 'controllers' | 'unified'>,
  directoryIn: (mounted: Mounted, version: 1 | 2) => string,
  absent: string,
): PlacedDirectories {
  const paths: Record<string, string> = {};
  const v1: Record<string, string> = {};
  for (const mount of hierarchies(controllers)) {
    const directory = directoryIn(mount.controllers[0]!, 1);
    for (const { name } of mount.controllers) v1[name] = directory;
    paths[controllersKey(mount)] = directory;
  }
  if (!unified) return { paths, v1, absent };
  const path = directoryIn(unified, 2);
  paths[''] = path;
  return { paths, v1, v2: { path, controllers: unified.controllers }, absent };
}

/** The directories of a container that is there, of `paths` that its plan had. */
export function directoriesAt(paths: CgroupPlan['paths'], host: CgroupHost): ContainerDirectories {
  const v1 = byController(paths);
  const absent = Object.keys(paths).length > 0 ? NOT_ON_HOST : "can't be used: the container has no cgroup";
  const path = paths[''];
  return path === undefined
    ? { v1, absent }
    : { v1, v2: { path, controllers: host.unified?.controllers ?? [] }, absent };
}

/** What is to be done in the directories, beside the limits. */
export interface DirectoryWishes {
  /** The directories that systemd doesn't make. */
  readonly make: readonly string[];
  readonly limits: readonly CgroupOperation[];
  readonly rights: DeviceRights & OwnerFacts;
  /** The v2 directory may be given to the container's user: it is not a user's already. */
  readonly give: boolean;
  /** The field that asks for cgroups. */
  readonly pointer: string;
}

/**
 * Makes the directories, enables controllers down to them, sets device rules and limits, and gives the v2 directory to its owner.
 * @throws TsruncError 'unsupported' for device rules that nobody keeps here
 */
export function directoryOperations(
  config: Spec,
  { v1, v2 }: ContainerDirectories,
  host: CgroupHost,
  { make, limits, rights, give, pointer }: DirectoryWishes,
): CgroupOperation[] {
  const operations: CgroupOperation[] = make.map((path) => ({ op: 'make', path, pointer }));
  if (v2 && host.unified)
    operations.push(...enabling(v2, host.unified.mountPoint, host.mode === 'unified', limits, pointer));
  if (v1.cpuset !== undefined) operations.push({ op: 'inherit-cpuset', path: v1.cpuset, pointer });
  const resources = config.linux?.resources ?? {};
  operations.push(...deviceOperations(resources, { v1: v1.devices, v2: v2?.path }, rights));
  operations.push(...limits);
  const owner = v2 && give ? cgroupOwner(config, rights) : undefined;
  if (v2 && owner !== undefined)
    operations.push({ op: 'own', path: v2.path, uid: owner, pointer: '/linux/namespaces' });
  return operations;
}
