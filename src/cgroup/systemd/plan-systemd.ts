/** What is done to make a container's cgroups by way of systemd: pure, from the config and what the host has. */

import { TsruncError } from '../../base/error.js';
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { SystemdFacts } from '../../systemd/manager.js';
import { optional, type UnitProperty } from '../../systemd/properties.js';
import { cgroupOwner, type OwnerFacts } from '../owner.js';
import type { CgroupHost } from '../plan/cgroup-host.js';
import type { CgroupOperation, CgroupPlan, UnitPlan } from '../plan/cgroup-plan.js';
import { deviceRules } from '../plan/device-rules.js';
import { type ContainerFolders, planLimits } from '../plan/limits.js';
import { unsupported } from '../plan/operations.js';
import { byMount } from '../plan/path.js';
import { enabling } from '../plan/plan-cgroup.js';
import { planDelegate } from '../plan/plan-delegate.js';
import { type DeviceRights, deviceOperations } from '../plan/plan-devices.js';
import { annotationProperties } from './annotations.js';
import { deviceProperties } from './devices.js';
import { resourceProperties } from './resources.js';
import { parseUnitName, type UnitName } from './unit-name.js';
import { flag, text } from './values.js';

const RESOURCES = '/linux/resources';
const PATH = '/linux/cgroupsPath';
/** The hierarchy of v1 that is systemd's own. */
const NAMED = 'name=systemd';

/**
 * The cgroup plan of a container whose cgroup is a unit of systemd: a transient scope that init is put into, or a slice. What
 * systemd has no property for, or rounds, is written to the cgroup once the unit is there.
 * @throws TsruncError 'config' for an impossible name or value, 'unsupported' for what this host can't set
 */
export function planSystemd(
  config: Spec,
  options: DeviceRights & OwnerFacts & { id: string },
  host: CgroupHost,
): CgroupPlan {
  const { systemd } = host;
  if (systemd === undefined) throw new TsruncError('internal', 'a plan for systemd without knowing of it');
  const linux = config.linux ?? {};
  const resources = linux.resources ?? {};
  const name = parseUnitName(linux.cgroupsPath, options.id, systemd.user);
  const from = linux.cgroupsPath ? PATH : '';
  if (host.mode === 'none') throw unsupported(from, 'no cgroup hierarchy is mounted on this host');
  if (systemd.user && host.mode !== 'unified')
    throw unsupported(
      from,
      'the systemd of a user has no say in cgroup v1',
      'use --cgroup-manager cgroupfs or disabled',
    );

  const below = subgroup(config, host);
  const { paths, v1, v2 } = foldersOf(systemd.controlGroup + name.path + below, host);
  const absent = systemd.user ? "isn't delegated to the systemd of this user" : "isn't there on this host";
  const folders: ContainerFolders = v2 ? { v1, v2, absent } : { v1, absent };
  const limits = planLimits(resources, folders, RESOURCES);

  const operations: CgroupOperation[] = [];
  // systemd makes the folder of its own hierarchy, and those of some controllers; which ones hangs on its version.
  for (const [key, path] of Object.entries(paths))
    if (key !== NAMED && (key !== '' || host.mode !== 'unified' || name.kind === 'slice' || below !== ''))
      operations.push({ op: 'make', path, from });
  if (v2 && host.unified)
    operations.push(...enabling(v2, host.unified.mountPoint, host.mode === 'unified', limits, from));
  if (v1.cpuset !== undefined) operations.push({ op: 'inherit-cpuset', path: v1.cpuset, from });
  operations.push(...deviceOperations(resources, { v1: v1.devices, v2: v2?.path }, options));
  operations.push(...limits);
  const owner = v2 && !systemd.user ? cgroupOwner(config, options) : undefined;
  if (v2 && owner !== undefined) operations.push({ op: 'own', path: v2.path, uid: owner, from: '/linux/namespaces' });

  return {
    manager: 'systemd',
    paths,
    operations,
    cloneInto: '',
    join: [],
    warnings: [],
    ...planDelegate(config, v2, host, systemd.user),
    systemd: unitPlan(config, name, systemd, { paths, below }, host.mode === 'unified', from),
  };
}

/** The annotation run.oci.systemd.subgroup, with a slash before it. systemd makes a unit's cgroups of v1 where it likes to. */
function subgroup({ annotations }: Spec, host: CgroupHost): string {
  const { subgroup: below } = crunAnnotations(annotations);
  if (below === '') return '';
  if (host.mode !== 'unified')
    throw unsupported(
      crunPointer('systemd.subgroup'),
      'a cgroup below that of a unit needs a host with cgroup v2 alone',
      'remove the annotation',
    );
  return `/${below}`;
}

function foldersOf(
  path: string,
  host: CgroupHost,
): {
  paths: Record<string, string>;
  v1: Record<string, string>;
  v2?: { path: string; controllers: readonly string[] };
} {
  const trimmed = (mountPoint: string): string => mountPoint.replace(/\/+$/, '');
  const paths: Record<string, string> = {};
  const v1: Record<string, string> = {};
  for (const [mountPoint, controllers] of byMount(host.controllers)) {
    const folder = trimmed(mountPoint) + path;
    for (const { name } of controllers) v1[name] = folder;
    paths[controllers.map(({ name }) => name).join(',')] = folder;
  }
  if (!host.unified) return { paths, v1 };
  const folder = trimmed(host.unified.mountPoint) + path;
  paths[''] = folder;
  return { paths, v1, v2: { path: folder, controllers: host.unified.controllers } };
}

function unitPlan(
  config: Spec,
  name: UnitName,
  systemd: SystemdFacts,
  { paths, below }: { paths: Readonly<Record<string, string>>; below: string },
  v2: boolean,
  from: string,
): UnitPlan {
  const { unit, kind, slice } = name;
  const resources = config.linux?.resources ?? {};
  const { version, user } = systemd;
  const properties = [
    text('Description', `tsrunc container ${name.name}`, ''),
    ...place(name, from),
    // Accounting enables the controllers; without it Delegate does, and tsrunc itself.
    ...optional(['Memory', 'CPU', v2 ? 'IO' : 'BlockIO', 'Tasks'].map((what) => flag(`${what}Accounting`, true, ''))),
    // No stop at shutdown before the engine's own service was stopped.
    flag('DefaultDependencies', false, ''),
    ...annotationProperties(config.annotations ?? {}),
  ];
  if (!user) {
    const pointer = `${RESOURCES}/devices`;
    const rules = deviceRules(resources.devices ?? [], pointer);
    properties.push(...optional(deviceProperties(rules, version, resources.devices?.length ? pointer : '')));
  }
  const started = kind === 'slice' ? 'new-slice' : 'new-scope';
  properties.push(...resourceProperties(resources, { v2, version, unit: started, from: RESOURCES }));
  // A scope takes init in by itself: into systemd's own hierarchy, and into the controllers that it knows.
  const enter = Object.entries(paths)
    .filter(([key]) => kind === 'slice' || (key !== NAMED && (key !== '' || !v2 || below !== '')))
    .map(([, path]) => `${path}/cgroup.procs`);
  return { unit, kind, slice, user, properties: lastOfEach(properties), below, enter, from };
}

function place({ kind, slice }: UnitName, from: string): UnitProperty[] {
  // The slice that a slice is in is said by its name.
  if (kind === 'slice') return [{ name: 'Wants', signature: 'as', value: [slice], from }];
  return [text('Slice', slice, from), flag('Delegate', true, '')];
}

/** One property of each name: the last, in the place of the first. */
function lastOfEach(properties: readonly UnitProperty[]): UnitProperty[] {
  return [...new Map(properties.map((property) => [property.name, property])).values()];
}
