/** What is done to cgroups to make a container: pure, from the config and what the host has mounted. */
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import { cgroupOwner, type OwnerFacts } from '../owner.js';
import type { CgroupHost } from './cgroup-host.js';
import type { CgroupOperation, CgroupPlan } from './cgroup-plan.js';
import { type ContainerFolders, planLimits } from './limits.js';
import { unsupported } from './operations.js';
import { byMount, cgroupFolder, joinFile, ownFolder, parentFolder, parseCgroupsPath } from './path.js';
import { planDelegate } from './plan-delegate.js';
import { type DeviceRights, deviceOperations, devicesWithoutCgroup } from './plan-devices.js';

export interface CgroupOptions extends DeviceRights, OwnerFacts {
  id: string;
  manager: 'cgroupfs' | 'disabled';
}

const RESOURCES = '/linux/resources';

/**
 * The cgroup plan of a container.
 *
 * A rootless runtime uses the hierarchies it was given a place in; with none of them, or with the manager `disabled`, no
 * cgroup is made, which is an error only when the config sets limits, or device rules that count (plan-devices.ts).
 * @throws TsruncError 'config' for an impossible path or value, 'unsupported' for what this host can't set
 */
export function planCgroup(config: Spec, options: CgroupOptions, host: CgroupHost): CgroupPlan {
  const linux = config.linux ?? {};
  const resources = linux.resources ?? {};
  const target = parseCgroupsPath(linux.cgroupsPath, options.id);
  const usable = usableHierarchies(host, options, Boolean(linux.cgroupsPath));
  if (usable.controllers.length === 0 && !usable.unified) {
    const disabled = options.manager === 'disabled';
    planLimits(resources, { v1: {}, absent: whyNone(host, options) }, RESOURCES);
    if (!disabled && !options.rootless && linux.cgroupsPath)
      throw unsupported('/linux/cgroupsPath', 'no cgroup hierarchy is mounted on this host');
    planDelegate(config, undefined, host, options.rootless);
    const warnings = devicesWithoutCgroup(resources, options, { text: whyNoCgroup(host, options), disabled });
    return { manager: 'none', paths: {}, operations: [], cloneInto: '', join: [], warnings };
  }

  const paths: Record<string, string> = {};
  const v1: Record<string, string> = {};
  for (const [mountPoint, controllers] of byMount(usable.controllers)) {
    const first = controllers[0]!;
    const folder = cgroupFolder(target, first, ownFolder(first));
    for (const { name } of controllers) v1[name] = folder;
    paths[controllers.map(({ name }) => name).join(',') || mountPoint] = folder;
  }
  const unified = usable.unified;
  const v2 = unified && {
    path: cgroupFolder(target, unified, host.mode === 'unified' ? parentFolder(unified) : ownFolder(unified)),
    controllers: unified.controllers,
  };
  if (v2) paths[''] = v2.path;
  const absent = options.rootless ? "isn't in a cgroup that was delegated to this user" : "isn't there on this host";
  const folders: ContainerFolders = v2 ? { v1, v2, absent } : { v1, absent };

  const limits = planLimits(resources, folders, RESOURCES);
  const from = linux.cgroupsPath ? '/linux/cgroupsPath' : '';
  const operations: CgroupOperation[] = Object.values(paths).map((path) => ({ op: 'make', path, from }));
  if (v2 && unified) operations.push(...enabling(v2, unified.mountPoint, host.mode === 'unified', limits, from));
  if (v1.cpuset !== undefined) operations.push({ op: 'inherit-cpuset', path: v1.cpuset, from });
  operations.push(...deviceOperations(resources, { v1: v1.devices, v2: v2?.path }, options));
  operations.push(...limits);
  const owner = v2 && !options.rootless ? cgroupOwner(config, options) : undefined;
  if (v2 && owner !== undefined) operations.push({ op: 'own', path: v2.path, uid: owner, from: '/linux/namespaces' });

  // clone3 counts the new process against pids.max; a process that is moved in isn't refused.
  const cloneInto = v2 && !limits.some((limit) => limit.path === `${v2.path}/pids.max` && isZero(limit)) ? v2.path : '';
  const join = Object.entries(paths).filter(([key]) => key !== '' || cloneInto === '');
  return {
    manager: 'cgroupfs',
    paths,
    operations,
    cloneInto,
    join: join.map(([key, path]) => joinFile(key, path)),
    ...planDelegate(config, v2, host, options.rootless),
    warnings: subgroupWarnings(config),
  };
}

/** Engines give the annotation whatever the driver is, but then with an empty value, which asks for nothing. */
function subgroupWarnings({ annotations }: Spec): CgroupPlan['warnings'] {
  if (crunAnnotations(annotations).subgroup === '') return [];
  const text = 'there is no unit of systemd that a cgroup could be made below: the annotation has no effect';
  return [{ from: crunPointer('systemd.subgroup'), text }];
}

function isZero(operation: CgroupOperation): boolean {
  return operation.op === 'write' && operation.value === '0';
}

/** What of the host may be used. A path the config asks for by name is tried in any case: a refusal is then worth an error. */
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

/** Completes "the … cgroup controller". */
function whyNone(host: CgroupHost, options: CgroupOptions): string {
  if (options.manager === 'disabled' || host.mode === 'none') return `can't be used: ${whyNoCgroup(host, options)}`;
  return "isn't in a cgroup that was delegated to this user";
}

function whyNoCgroup(host: CgroupHost, options: CgroupOptions): string {
  if (options.manager === 'disabled') return 'cgroups are disabled by --cgroup-manager';
  return host.mode === 'none' ? 'no cgroup hierarchy is mounted on this host' : 'none was delegated to this user';
}

/**
 * Controllers on in every folder from the mount down to the container's parent. On pure v2 all there are, because whoever
 * started the container will want to read its statistics; on a hybrid host those that a limit needs.
 */
export function enabling(
  v2: { path: string; controllers: readonly string[] },
  mountPoint: string,
  all: boolean,
  limits: readonly CgroupOperation[],
  from: string,
): CgroupOperation[] {
  const needed: Record<string, string> = {};
  for (const limit of limits) {
    if (!limit.path.startsWith(`${v2.path}/`)) continue;
    const file = limit.path.slice(v2.path.length + 1);
    const controller = file.slice(0, file.indexOf('.'));
    if (v2.controllers.includes(controller)) needed[controller] ??= limit.from;
  }
  const controllers = all ? [...v2.controllers] : Object.keys(needed);
  if (controllers.length === 0) return [];
  const operations: CgroupOperation[] = [];
  const parts = v2.path.slice(mountPoint.length).split('/').slice(1, -1);
  let path = mountPoint;
  for (const part of ['', ...parts]) {
    if (part) path += `/${part}`;
    operations.push({ op: 'enable', path, controllers, needed, from });
  }
  return operations;
}
