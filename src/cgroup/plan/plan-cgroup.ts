/** Plans what is done to cgroups to make a container. Pure: it only uses the config and the facts about the host. */

import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { OwnerFacts } from '../owner.js';
import type { CgroupHost } from './cgroup-host.js';
import type { CgroupOperation, CgroupPlan } from './cgroup-plan.js';
import { directoryOperations, NOT_ON_HOST, placeDirectories } from './container-directories.js';
import { NOT_DELEGATED, withDelegationHint } from './delegation-hint.js';
import { planLimits } from './limits.js';
import { unsupported } from './operations.js';
import { cgroupDirectory, joinFile, type Mounted, ownDirectory, parentDirectory, parseCgroupsPath } from './path.js';
import { planDelegate } from './plan-delegate.js';
import { type DeviceRights, devicesWithoutCgroup } from './plan-devices.js';

/** What the plan depends on besides the config and the host. */
export interface CgroupOptions extends DeviceRights, OwnerFacts {
  id: string;
  manager: 'cgroupfs' | 'disabled';
}

const RESOURCES = '/linux/resources';
/**
 * The cgroup plan of a container.
 *
 * A rootless runtime uses the hierarchies in which a cgroup was delegated to it. If there is none, or with the manager
 * `disabled`, no cgroup is made. That is an error only when the config sets limits, or device rules that must be kept
 * (devicesWithoutCgroup).
 * @throws TsruncError 'config' for an impossible path or value, 'unsupported' for what can't be set on this host
 */
export function planCgroup(config: Spec, options: CgroupOptions, host: CgroupHost): CgroupPlan {
  const linux = config.linux ?? {};
  const resources = linux.resources ?? {};
  const target = parseCgroupsPath(linux.cgroupsPath, options.id);
  const usable = usableHierarchies(host, options, Boolean(linux.cgroupsPath));
  if (usable.controllers.length === 0 && !usable.unified) {
    const disabled = options.manager === 'disabled';
    withDelegationHint(host.mode, () => planLimits(resources, { v1: {}, absent: whyNone(host, options) }, RESOURCES));
    if (!disabled && !options.rootless && linux.cgroupsPath)
      throw unsupported('/linux/cgroupsPath', 'no cgroup hierarchy is mounted on this host');
    planDelegate(config, undefined, host, options.rootless);
    const warnings = devicesWithoutCgroup(resources, options, { text: whyNoCgroup(host, options), disabled });
    return { manager: 'none', paths: {}, operations: [], cloneInto: '', join: [], warnings };
  }

  const base = (mounted: Mounted, version: 1 | 2): string =>
    version === 2 && host.mode === 'unified' ? parentDirectory(mounted) : ownDirectory(mounted);
  const directories = placeDirectories(
    usable,
    (mounted, version) => cgroupDirectory(target, mounted, target.absolute ? '' : base(mounted, version)),
    options.rootless ? NOT_DELEGATED : NOT_ON_HOST,
  );
  const { paths, v2 } = directories;
  const limits = withDelegationHint(host.mode, () => planLimits(resources, directories, RESOURCES));
  const operations = directoryOperations(config, directories, host, {
    make: Object.values(paths),
    limits,
    rights: options,
    give: !options.rootless,
    pointer: linux.cgroupsPath ? '/linux/cgroupsPath' : '',
  });

  // With pids.max 0, clone3 into the cgroup would fail. A process that is moved into it is never refused.
  const cloneInto = v2 && !limits.some((limit) => limit.path === `${v2.path}/pids.max` && isZero(limit)) ? v2.path : '';
  const join: string[] = [];
  for (const key in paths) if (key !== '' || cloneInto === '') join.push(joinFile(key, paths[key]!));
  return {
    manager: 'cgroupfs',
    paths,
    operations,
    cloneInto,
    join,
    ...planDelegate(config, v2, host, options.rootless),
    warnings: subgroupWarnings(config),
  };
}

/**
 * Engines set the subgroup annotation for every cgroup manager; without systemd its value is usually empty, which is
 * fine.
 */
function subgroupWarnings({ annotations }: Spec): CgroupPlan['warnings'] {
  if (crunAnnotations(annotations).subgroup === '') return [];
  const text = 'there is no unit of systemd that a cgroup could be made below: the annotation has no effect';
  return [{ pointer: crunPointer('systemd.subgroup'), text }];
}

function isZero(operation: CgroupOperation): boolean {
  return operation.op === 'write' && operation.value === '0';
}

/**
 * The hierarchies that are used. If the config has a cgroupsPath (`asked`) they all are, even when a rootless runtime
 * may not write there: whoever asks for a path should get an error rather than no cgroup.
 */
function usableHierarchies(
  host: CgroupHost,
  options: CgroupOptions,
  asked: boolean,
): Pick<CgroupHost, 'controllers' | 'unified'> {
  if (options.manager === 'disabled') return { controllers: [] };
  if (!options.rootless || asked) return host;
  const controllers = host.controllers.filter(({ writable }) => writable !== false);
  return host.unified && host.unified.writable !== false ? { controllers, unified: host.unified } : { controllers };
}

/** Completes "the … cgroup controller" in an error message. */
function whyNone(host: CgroupHost, options: CgroupOptions): string {
  if (options.manager === 'disabled' || host.mode === 'none') return `can't be used: ${whyNoCgroup(host, options)}`;
  return NOT_DELEGATED;
}

function whyNoCgroup(host: CgroupHost, options: CgroupOptions): string {
  if (options.manager === 'disabled') return 'cgroups are disabled by --cgroup-manager';
  return host.mode === 'none' ? 'no cgroup hierarchy is mounted on this host' : 'none was delegated to this user';
}
