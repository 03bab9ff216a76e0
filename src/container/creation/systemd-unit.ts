/** A container's unit of systemd: started with its init, stopped with the container. */

import { TsruncError, type Warn, withFields } from '../../base/error.js';
import { applyOperations } from '../../cgroup/apply.js';
import { applyUpdate, type LimitKeeper } from '../../cgroup/apply-update.js';
import type { Claim } from '../../cgroup/ownership/claim.js';
import { refuseForeignCgroup } from '../../cgroup/ownership/foreign.js';
import type { OwnCgroups } from '../../cgroup/ownership/ownership.js';
import type { CgroupOperation, CgroupPlan, UnitPlan } from '../../cgroup/plan/cgroup-plan.js';
import { folderProcesses } from '../../cgroup/processes.js';
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

/** Keys of the hierarchies that systemd may keep its units by. */
const UNIT_HIERARCHIES = ['', 'name=systemd'];

type StateCgroup = StateFile['cgroup'];

/** systemd, and what the planner has to know of it. */
export interface ConnectedSystemd {
  readonly manager: SystemdManager;
  readonly facts: HostFacts;
}

/**
 * The user's manager is asked by whoever isn't root of a host; root in a user namespace is that where its name says so, as in a system
 * container with a systemd of its own.
 */
export function isUsersManager(rt: Runtime, facts: HostFacts): boolean {
  return facts.rootless && !(rt.rootless === 'auto' && facts.uid === 0 && rt.env.USER === 'root');
}

/**
 * Asks systemd for what the planner has to know.
 * @throws TsruncError 'unsupported' on a machine that wasn't booted with systemd, 'system' when it can't be reached
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

/** The controllers of v2 that count are those that the manager has to give. */
function withManager(native: Native, host: HostFacts['cgroup']): HostFacts['cgroup'] {
  const { unified, systemd } = host;
  if (unified === undefined || !systemd?.controlGroup) return host;
  const listed = native.readFileIfExists(`${unified.mountPoint}${systemd.controlGroup}/cgroup.controllers`, 4096);
  return listed === null ? host : { ...host, unified: { ...unified, controllers: wordsOf(listed) } };
}

/**
 * What state.json is to say of cgroups before the unit is started: whatever moment the runtime dies at, `delete --force` stops the unit.
 * A unit that is there already isn't ours to stop.
 * @throws TsruncError 'config' for a scope that has processes, which would be killed with the container
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
 * Starts the unit with init in it, marks its cgroups, then sets up what systemd has no property for. Init waits for its plan meanwhile.
 * @throws TsruncError 'exists' when the unit is another's, 'system' with the field systemd refuses; the unit may be there then
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
  const pids: UnitProperty[] = unit.kind === 'scope' ? [{ name: 'PIDs', signature: 'au', value: [pid], from: '' }] : [];
  atField(unit.from, () =>
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

/** True when the process is in the cgroup of the hierarchy that systemd keeps its units by. */
function inUnit(native: Native, paths: Readonly<Record<string, string>>, pid: number): boolean {
  const folders = UNIT_HIERARCHIES.map((key) => paths[key]);
  return folders.some((folder) => folder !== undefined && folderProcesses(native, folder).includes(pid));
}

/**
 * Stops the unit of a container, where it has one that is surely its own. Its processes are dead: a scope that systemd doesn't answer for
 * goes by itself then, which is worth a warning only.
 * @throws TsruncError 'system' for a slice that isn't stopped
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

/** A stopped slice takes the units in it along, those of other containers too. */
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
  // Nothing runs in it any more; but it may be on its way out, or have failed, and has the name until then.
  const place = manager.controlGroup(unit);
  if (place === undefined) return 'gone';
  return keys.every((key) => end(key, place)) ? 'own' : 'unsure';
}

/**
 * Has the manager put a process into a container's cgroup, or one below that.
 * @param folder the cgroup's
 */
export function attachToUnit(rt: Runtime, { paths, systemd }: StateCgroup, folder: string, pid: number): void {
  if (systemd === undefined) throw new TsruncError('internal', 'a process is to join a unit that there is none of');
  const manager = new SystemdManager({ native: rt.native, env: rt.env, user: systemd.user });
  try {
    manager.attach(systemd.unit, folder.slice((paths[''] ?? '').length - (systemd.below ?? '').length), [pid]);
  } finally {
    manager.close();
  }
}

/**
 * Changes limits of a container with a unit: systemd is told of those that it takes for a unit that runs, and all are written.
 * @param present the limits up to now
 * @param limits, operations what changes (CgroupUpdate)
 * @throws TsruncError as applyUpdate, and of systemd with the field that it refuses
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
  const changes = resourceProperties(limits, { v2, version, unit: 'running', from: '' });
  // systemd knows idle as a weight of 0: awake again, it has to get another, or none.
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
