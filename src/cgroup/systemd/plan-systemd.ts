/** Plans a container's cgroups when systemd makes them. Pure: it only uses the config and the facts about the host. */

import { TsruncError } from '../../base/error.js';
import { crunAnnotations, crunPointer } from '../../config/crun-annotations.js';
import type { Spec } from '../../config/spec.js';
import type { SystemdFacts } from '../../systemd/manager.js';
import { optional, type UnitProperty } from '../../systemd/properties.js';
import type { OwnerFacts } from '../owner.js';
import type { CgroupHost } from '../plan/cgroup-host.js';
import type { CgroupPlan, UnitPlan } from '../plan/cgroup-plan.js';
import { directoryOperations, NOT_ON_HOST, placeDirectories } from '../plan/container-directories.js';
import { NOT_DELEGATED_TO_SYSTEMD, withDelegationHint } from '../plan/delegation-hint.js';
import { deviceRules } from '../plan/device-rules.js';
import { planLimits } from '../plan/limits.js';
import { unsupported } from '../plan/operations.js';
import { planDelegate } from '../plan/plan-delegate.js';
import type { DeviceRights } from '../plan/plan-devices.js';
import { annotationProperties } from './annotations.js';
import { deviceProperties } from './devices.js';
import { resourceProperties } from './resources.js';
import { parseUnitName, type UnitName } from './unit-name.js';
import { flag, text } from './values.js';

const RESOURCES = '/linux/resources';
const PATH = '/linux/cgroupsPath';
/** The v1 hierarchy that systemd uses for itself. */
const NAMED = 'name=systemd';

/**
 * The cgroup plan of a container whose cgroup is a systemd unit: a transient scope that init is put into, or a slice.
 * All limits are also written to the cgroup once the unit exists, because systemd rounds some and has no property for
 * others.
 * @throws TsruncError 'config' for an impossible name or value, 'unsupported' for what can't be set on this host,
 * 'internal' if `host.systemd` is missing
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
  const pointer = linux.cgroupsPath ? PATH : '';
  if (host.mode === 'none') throw unsupported(pointer, 'no cgroup hierarchy is mounted on this host');
  if (systemd.user && host.mode !== 'unified')
    throw unsupported(
      pointer,
      'the systemd of a user has no say in cgroup v1',
      'use --cgroup-manager cgroupfs or disabled',
    );

  const below = subgroup(config, host);
  const path = systemd.controlGroup + name.path + below;
  const directories = placeDirectories(
    host,
    ({ mountPoint }) => mountPoint.replace(/\/+$/, '') + path,
    systemd.user ? NOT_DELEGATED_TO_SYSTEMD : NOT_ON_HOST,
  );
  const { paths, v2 } = directories;
  // systemd makes the directory of its own hierarchy, and those of some controllers; which ones hangs on its version.
  const unmade = Object.entries(paths).filter(
    ([key]) => key !== NAMED && (key !== '' || host.mode !== 'unified' || name.kind === 'slice' || below !== ''),
  );
  const operations = directoryOperations(config, directories, host, {
    make: unmade.map(([, directory]) => directory),
    limits: withDelegationHint(host.mode, () => planLimits(resources, directories, RESOURCES)),
    rights: options,
    give: !systemd.user,
    pointer,
  });

  return {
    manager: 'systemd',
    paths,
    operations,
    cloneInto: '',
    join: [],
    warnings: [],
    ...planDelegate(config, v2, host, systemd.user),
    systemd: unitPlan(config, name, systemd, { paths, below }, host.mode === 'unified', pointer),
  };
}

/**
 * The value of the annotation run.oci.systemd.subgroup with a slash before it; '' without one.
 * @throws TsruncError 'unsupported' with v1, where it isn't certain in which hierarchies systemd makes a unit's cgroups
 */
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

function unitPlan(
  config: Spec,
  name: UnitName,
  systemd: SystemdFacts,
  { paths, below }: { paths: Readonly<Record<string, string>>; below: string },
  v2: boolean,
  at: string,
): UnitPlan {
  const { unit, kind, slice } = name;
  const resources = config.linux?.resources ?? {};
  const { version, user } = systemd;
  const properties = [
    text('Description', `tsrunc container ${name.name}`, ''),
    ...place(name, at),
    // Accounting makes systemd enable the controllers. It is optional, as Delegate and tsrunc itself enable them too.
    ...optional(['Memory', 'CPU', v2 ? 'IO' : 'BlockIO', 'Tasks'].map((what) => flag(`${what}Accounting`, true, ''))),
    // With default dependencies systemd might stop the unit at shutdown before it stops the engine's service.
    flag('DefaultDependencies', false, ''),
    ...annotationProperties(config.annotations ?? {}),
  ];
  if (!user) {
    const pointer = `${RESOURCES}/devices`;
    const rules = deviceRules(resources.devices ?? [], pointer);
    properties.push(...optional(deviceProperties(rules, version, resources.devices?.length ? pointer : '')));
  }
  const started = kind === 'slice' ? 'new-slice' : 'new-scope';
  properties.push(...resourceProperties(resources, { v2, version, unit: started, pointer: RESOURCES }));
  // systemd itself puts init into a scope's cgroup, but for certain only in its own hierarchy (name=systemd, or v2
  // where there is only that).
  const enter = Object.entries(paths)
    .filter(([key]) => kind === 'slice' || (key !== NAMED && (key !== '' || !v2 || below !== '')))
    .map(([, path]) => `${path}/cgroup.procs`);
  return { unit, kind, slice, user, properties: lastOfEach(properties), below, enter, pointer: at };
}

function place({ kind, slice }: UnitName, pointer: string): UnitProperty[] {
  // A slice has no property Slice: its own name says which slice it is in.
  if (kind === 'slice') return [{ name: 'Wants', signature: 'as', value: [slice], pointer }];
  return [text('Slice', slice, pointer), flag('Delegate', true, '')];
}

/** Keeps one property of each name: the value is that of the last, the position that of the first. */
function lastOfEach(properties: readonly UnitProperty[]): UnitProperty[] {
  return [...new Map(properties.map((property) => [property.name, property])).values()];
}
