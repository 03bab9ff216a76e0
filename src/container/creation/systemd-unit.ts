/**
 * The systemd unit of a container: it is started with init in it, changed by `update`, and stopped with the
 * container.
 */

import { TsruncError, type Warn, withFields } from '../../base/error.js';
import { applyOperations } from '../../cgroup/apply.js';
import { applyUpdate, type LimitKeeper } from '../../cgroup/apply-update.js';
import type { Claim } from '../../cgroup/ownership/claim.js';
import { refuseForeignCgroup } from '../../cgroup/ownership/foreign.js';
import type { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import type { CgroupOperation, CgroupPlan, UnitPlan } from '../../cgroup/plan/cgroup-plan.js';
import { directoryProcesses } from '../../cgroup/processes.js';
import { wordsOf } from '../../cgroup/stat-file.js';
import { filesOfSystemd } from '../../cgroup/systemd/files.js';
import { resourceProperties } from '../../cgroup/systemd/resources.js';
import { u64 } from '../../cgroup/systemd/values.js';
import type { Resources } from '../../config/spec.js';
import { S_IFDIR, S_IFMT } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { HostFacts } from '../../plan/host-facts.js';
import { SystemdManager } from '../../systemd/manager.js';
import { optional, type UnitProperty } from '../../systemd/properties.js';
import { atField } from '../error-location.js';
import type { Runtime } from '../runtime.js';
import type { StateFile } from '../state/state-schema.js';

/** Keys in CgroupPlan.paths of the hierarchies in which systemd may have its units: v2, and its own of v1. */
const UNIT_HIERARCHIES = ['', 'name=systemd'];

type StateCgroup = StateFile['cgroup'];

/** A connection to systemd, and the facts about the machine with those from systemd added. */
export interface ConnectedSystemd {
  readonly manager: SystemdManager;
  readonly facts: HostFacts;
}

/**
 * Whether to use the user's systemd instead of the system's: yes if rootless. One exception is uid 0 in a user
 * namespace with USER=root, as in a system container that has its own systemd.
 */
export function isUsersManager(rt: Runtime, facts: HostFacts): boolean {
  return facts.rootless && !(rt.rootless === 'auto' && facts.uid === 0 && rt.env.USER === 'root');
}

/**
 * Connects to systemd and adds to the facts what the planner has to know about it. The caller closes the manager.
 * @throws TsruncError 'unsupported' on a machine that wasn't booted with systemd, 'system' if it can't be reached
 */
export function connectSystemd(rt: Runtime, facts: HostFacts): ConnectedSystemd {
  const booted = rt.native.stat('/run/systemd/system', false);
  if (booted === null || (booted.mode & S_IFMT) !== S_IFDIR) {
    throw new TsruncError(
      'unsupported',
      'systemd cgroup flag passed, but systemd support for managing cgroups is not available',
      {
        path: '/run/systemd/system',
        hint: "this machine wasn't booted with systemd (/run/systemd/system is missing): leave --systemd-cgroup out",
      },
    );
  }
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user: isUsersManager(rt, facts) });
  try {
    const systemd = manager.facts();
    return { manager, facts: { ...facts, cgroup: withManager(rt.native, { ...facts.cgroup, systemd }) } };
  } catch (error) {
    manager.close();
    throw error;
  }
}

/** The host with only those v2 controllers that are available in the manager's own cgroup. */
function withManager(native: Native, host: HostFacts['cgroup']): HostFacts['cgroup'] {
  const { unified, systemd } = host;
  if (unified === undefined || !systemd?.controlGroup) return host;
  const listed = native.readFileIfExists(`${unified.mountPoint}${systemd.controlGroup}/cgroup.controllers`, 4096);
  return listed === null ? host : { ...host, unified: { ...unified, controllers: wordsOf(listed) } };
}

/**
 * The cgroups for state.json, written before the unit is started: whenever the runtime dies, `delete --force` can
 * stop the unit. A unit that exists already isn't included, as it isn't ours to stop.
 * @throws TsruncError 'config' for a scope with processes in it, which would be killed with the container
 */
export function unitState(native: Native, plan: CgroupPlan, unit: UnitPlan): StateCgroup {
  const { paths } = plan;
  if (unit.kind === 'scope') refuseForeignCgroup(native, paths);
  const made = Object.values(paths).filter((path) => native.stat(path, true) === null);
  const { unit: name, user, below } = unit;
  const systemd = { unit: name, user, ...(below !== '' && { below }) };
  return made.length === 0 ? { paths, made } : { paths, made, systemd };
}

/**
 * Starts the unit with init in it, marks its cgroups, then writes the limits that systemd has no property for.
 * Meanwhile init waits for its plan.
 * @throws TsruncError 'exists' if the unit is another's; 'system' with the field that systemd refuses, and then the
 * unit may exist
 */
export function startInUnit(
  rt: Runtime,
  manager: SystemdManager,
  plan: CgroupPlan,
  unit: UnitPlan,
  pid: number,
  warn: Warn,
  claim: Claim | undefined,
): void {
  const { native } = rt;
  const isIn = (): boolean => inUnit(native, plan.paths, pid);
  const pids: UnitProperty[] =
    unit.kind === 'scope' ? [{ name: 'PIDs', signature: 'au', value: [pid], pointer: '' }] : [];
  atField(unit.pointer, () =>
    manager.start(unit.unit, [...unit.properties, ...pids], unit.kind === 'slice' ? () => true : isIn),
  );
  const makes = plan.operations.filter(({ op }) => op === 'make');
  applyOperations(native, makes, [], warn);
  for (const file of unit.enter) native.writeExisting(file, String(pid));
  if (!isIn()) {
    const where = native
      .readFileIfExists(`/proc/${pid}/cgroup`, 1 << 16)
      ?.trim()
      .replaceAll('\n', ', ');
    throw new TsruncError('system', `systemd started ${unit.unit}, but init isn't in its cgroup: it is in ${where}`, {
      pointer: '/linux/cgroupsPath',
    });
  }
  for (const path of Object.values(plan.paths)) claim?.takeEntered(path);
  applyOperations(
    native,
    plan.operations.filter(({ op }) => op !== 'make'),
    [],
    warn,
  );
}

/** True if the process is in the unit's cgroup, in the hierarchy in which systemd has its units. */
function inUnit(native: Native, paths: Readonly<Record<string, string>>, pid: number): boolean {
  const directories = UNIT_HIERARCHIES.map((key) => paths[key]);
  return directories.some(
    (directory) => directory !== undefined && directoryProcesses(native, directory).includes(pid),
  );
}

/**
 * Stops the unit of a container, if it has one that is known to be its own. If a scope can't be stopped that is only
 * a warning: its processes are dead, so it goes away by itself.
 * @throws TsruncError 'system' if a slice can't be stopped
 */
export function stopUnit(rt: Runtime, cgroup: StateCgroup, own: OwnCgroups): void {
  const { systemd } = cgroup;
  if (systemd === undefined) return;
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user: systemd.user });
  try {
    const whose = ownerOf(manager, cgroup, systemd, own);
    if (whose === 'own') manager.stop(systemd.unit);
    else if (whose === 'unsure')
      rt.warn(
        new TsruncError('system', `the unit ${systemd.unit} isn't surely this container's, and is left as it is`),
      );
  } catch (error) {
    if (!(error instanceof TsruncError) || systemd.unit.endsWith('.slice')) throw error;
    rt.warn(withFields(error, {}, `the unit ${systemd.unit} wasn't stopped: ${error.message}`));
  } finally {
    manager.close();
  }
}

/**
 * Whether the unit is the container's own. It has to be certain: stopping a slice stops the units of other
 * containers in it.
 */
function ownerOf(
  manager: SystemdManager,
  { paths }: StateCgroup,
  { unit, below = '' }: NonNullable<StateCgroup['systemd']>,
  own: OwnCgroups,
): 'own' | 'unsure' | 'gone' {
  const end = (key: string, place: string): boolean =>
    paths[key]?.endsWith(`${place}${key === '' ? below : ''}`) === true;
  const keys = UNIT_HIERARCHIES.filter((key) => end(key, `/${unit}`));
  if (keys.length === 0 || !/\.(scope|slice)$/.test(unit) || own.foreignBelow() !== undefined) return 'unsure';
  if (keys.some((key) => own.that('made', 'found')[key] !== undefined)) return 'own';
  if (!keys.every((key) => own.that('gone')[key] !== undefined)) return 'unsure';
  // Nothing runs in it any more, but while it is stopping or has failed, the unit still exists and keeps its name.
  const place = manager.controlGroup(unit);
  if (place === undefined) return 'gone';
  return keys.every((key) => end(key, place)) ? 'own' : 'unsure';
}

/**
 * Asks systemd to move a process into a container's cgroup, or one below it.
 * @param directory path of that cgroup
 */
export function attachToUnit(rt: Runtime, { paths, systemd }: StateCgroup, directory: string, pid: number): void {
  if (systemd === undefined) throw new TsruncError('internal', 'a process is to join a unit that there is none of');
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user: systemd.user });
  try {
    manager.attach(systemd.unit, directory.slice((paths[''] ?? '').length - (systemd.below ?? '').length), [pid]);
  } finally {
    manager.close();
  }
}

/**
 * Changes the limits of a container with a unit. All are written to the cgroup; those that systemd can change for a
 * running unit are set there too, or systemd would restore the old values later.
 * @param present the limits so far
 * @param limits, operations what changes (CgroupUpdate)
 * @throws TsruncError as applyUpdate, or with the field that systemd refuses
 */
export function updateUnit(
  rt: Runtime,
  cgroup: StateCgroup,
  present: Resources,
  limits: Resources,
  operations: readonly CgroupOperation[],
  warn: Warn,
): void {
  const { systemd } = cgroup;
  if (systemd === undefined) throw new TsruncError('internal', 'a unit is to be changed that there is none of');
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user: systemd.user });
  try {
    applyUpdate(rt.native, operations, warn, keeper(rt, manager, cgroup, systemd.unit, present, limits));
  } finally {
    manager.close();
  }
}

function keeper(
  rt: Runtime,
  manager: SystemdManager,
  { paths }: StateCgroup,
  unit: string,
  present: Resources,
  limits: Resources,
): LimitKeeper | undefined {
  const v2 = Object.keys(paths).every((key) => key === '');
  const { version } = manager.facts();
  const changes = resourceProperties(limits, { v2, version, unit: 'running', pointer: '' });
  // systemd represents cpu.idle as CPUWeight=idle, so when idle is unset, it needs another weight, or the default
  // (-1).
  const awake = v2 && Number(present.cpu?.idle ?? 0) === 1 && Number(limits.cpu?.idle ?? 1) === 0;
  if (awake && !changes.some(({ name }) => name === 'CPUWeight'))
    changes.push(...optional([u64('CPUWeight', -1, '/cpu/idle')]));
  if (changes.length === 0) return undefined;
  const before = manager.present(unit, changes);
  let taken: readonly UnitProperty[] = [];
  return {
    files: filesOfSystemd(paths),
    set: () => {
      taken = manager.setProperties(unit, changes);
    },
    revert: () => {
      try {
        manager.setProperties(
          unit,
          before.filter(({ name }) => taken.some((property) => property.name === name)),
        );
      } catch (error) {
        if (!(error instanceof TsruncError)) throw error;
        rt.warn(withFields(error, {}, `the unit ${unit} keeps the limits of the update that failed: ${error.message}`));
      }
    },
  };
}
