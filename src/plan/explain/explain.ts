/** Describes the plan of a container, for `explain`: as text for people and as data for programs. */
import type { CgroupOperation, UnitPlan } from '../../cgroup/plan/cgroup-plan.js';
import { deviceFilter, INSTRUCTION_SIZE } from '../../cgroup/plan/device-filter.js';
import { isDeviceFilter, isDeviceRule } from '../../cgroup/plan/device-operations.js';
import { INFINITY } from '../../cgroup/systemd/values.js';
import type { IdMapping, Spec } from '../../config/spec.js';
import type { DbusValue } from '../../dbus/signature.js';
import type { ContainerPlan, PlannedHook, SlotSource } from '../plan.js';
import { capabilityList } from '../process/capabilities.js';
import { hookArguments } from '../process/hooks.js';
import { seccompSummary } from '../seccomp/seccomp-summary.js';
import { cloneFlagNames } from '../steps/flag-names.js';
import { SyncEvent } from '../steps/protocol.js';
import { actionsText } from './actions-text.js';
import { explainStep } from './explain-steps.js';
import type { Line, Tell } from './line.js';

/**
 * The plan as text, a line for each action in the order they happen: its number, who does it, the JSON pointer of the
 * field that asks for it (empty if tsrunc does it on its own), and what it is. Warnings follow. Ends with a newline.
 */
export function explainText(plan: ContainerPlan, spec: Spec): string {
  const lines = explainLines(plan);
  return actionsText(`Plan for ${spec.process?.args?.join(' ') ?? 'a container'}`, lines, plan.warnings);
}

/** What is done by a plan, in order. */
export function explainLines(plan: ContainerPlan): Line[] {
  const lines: Line[] = [];
  const runtime: Tell = (pointer, text, of) => {
    lines.push({ actor: 'runtime', text, pointer, of });
  };
  runtime('', 'make the state folder', 'state');
  const { systemd } = plan.cgroup;
  const isDevices = (operation: CgroupOperation) => isDeviceFilter(operation) || isDeviceRule(operation);
  const bornIntoIt = plan.cgroup.cloneInto !== '';
  if (!bornIntoIt) runtime('', spawnText(plan), 'spawn');
  if (systemd === undefined) cgroupLines(plan, (operation) => !isDevices(operation), runtime);
  if (bornIntoIt) runtime('', spawnText(plan), 'spawn');
  if (plan.seccomp)
    runtime(plan.seccomp.pointer, `compile the seccomp filter (${seccompSummary(plan.seccomp.profile)})`, plan.seccomp);
  for (const slot of plan.slots) runtime(slot.pointer, `open ${slotText(slot)}`, slot);
  if (systemd !== undefined) {
    unitLines(systemd, runtime);
    cgroupLines(plan, () => true, runtime);
  }
  if (plan.intelRdt) {
    const { closID, schemata, pointer } = plan.intelRdt;
    runtime(
      pointer,
      `put init into class of service ${closID} of resctrl (${schemata.join('; ') || 'schemata left'})`,
      plan.intelRdt,
    );
  }
  if (systemd === undefined)
    for (const operation of plan.cgroup.operations.filter(isDevices))
      runtime(operation.pointer, `${operationText(operation)}, while init begins`, operation);
  for (const step of plan.steps) {
    lines.push({ actor: 'init', text: explainStep(step, plan), pointer: step.pointer, of: step });
    if (step.step === 'sync' && step.event === SyncEvent.mapIds) mapIdLines(plan, runtime);
    if (step.step === 'sync' && step.event === SyncEvent.delegateCgroup) delegateLines(plan, runtime);
    if (step.step === 'sync' && step.event === SyncEvent.createRuntime) {
      runtimeHookLines(plan, runtime);
    }
  }
  hookLines('poststart', plan.hooks.poststart, runtime);
  hookLines('poststop', plan.hooks.poststop, runtime);
  return lines;
}

/** What the runtime does once the process is in its namespaces: network devices, and the hooks of that moment. */
export function runtimeHookLines({ netDevices, hooks }: ContainerPlan, runtime: Tell): void {
  for (const device of netDevices)
    runtime(device.pointer, `move network device ${device.name} into the container as ${device.newName}`, device);
  hookLines('prestart', hooks.prestart, runtime);
  hookLines('createRuntime', hooks.createRuntime, runtime);
}

function cgroupLines({ cgroup }: ContainerPlan, wanted: (operation: CgroupOperation) => boolean, runtime: Tell): void {
  for (const operation of cgroup.operations)
    if (wanted(operation)) runtime(operation.pointer, operationText(operation), operation);
  for (const path of cgroup.systemd?.enter ?? []) runtime('', `write init's pid to ${path}`, cgroup);
}

function delegateLines({ cgroup: { delegate } }: ContainerPlan, runtime: Tell): void {
  if (delegate === undefined) return;
  for (const operation of delegate.make) runtime(operation.pointer, operationText(operation), operation);
  runtime(delegate.pointer, `write init's pid to ${delegate.enter}`, 'delegate');
  for (const operation of delegate.operations) runtime(operation.pointer, operationText(operation), operation);
}

function unitLines(unit: UnitPlan, runtime: Tell): void {
  const manager = unit.user ? "the user's systemd" : 'systemd';
  const within = unit.kind === 'scope' ? ` in ${unit.slice}, with init in it` : '';
  runtime(unit.pointer, `have ${manager} start the unit ${unit.unit}${within}, with the properties:`, unit);
  for (const { name, value, pointer } of unit.properties) runtime(pointer, `  ${name}=${propertyText(value)}`, unit);
}

/** The value of a property of a unit, in words. */
export function propertyText(value: DbusValue): string {
  if (value === INFINITY) return 'infinity';
  const simple = plain(value);
  return typeof simple === 'string' ? simple : JSON.stringify(simple);
}

function spawnText({ cloneFlags, cgroup }: ContainerPlan): string {
  const into = cgroup.cloneInto === '' ? '' : ` in cgroup ${cgroup.cloneInto}`;
  return `start init${into}${cloneFlags === 0 ? '' : ` with ${cloneFlagNames(cloneFlags)}`}`;
}

function mapIdLines({ idMaps }: ContainerPlan, runtime: Tell): void {
  if (idMaps === undefined) return;
  const how = idMaps.viaHelpers ? ' with newuidmap, newgidmap' : '';
  if (idMaps.denySetgroups) runtime('/linux/gidMappings', 'deny setgroups in the user namespace', 'id-maps');
  runtime('/linux/uidMappings', `map uids${how}: ${mapText(idMaps.uid)}`, 'id-maps');
  runtime('/linux/gidMappings', `map gids${how}: ${mapText(idMaps.gid)}`, 'id-maps');
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} to ${hostID} (${size})`).join(', ') || 'none';
}

function hookLines(name: string, hooks: readonly PlannedHook[], runtime: Tell): void {
  for (const planned of hooks)
    runtime(planned.pointer, `run ${name} hook ${hookArguments(planned.hook).join(' ')}`, planned);
}

/** What is done to a cgroup, in words. */
export function operationText(operation: CgroupOperation): string {
  switch (operation.op) {
    case 'make':
      return `make cgroup ${operation.path}`;
    case 'enable':
      return `enable ${operation.controllers.join(' ')} below ${operation.path}`;
    case 'inherit-cpuset':
      return `copy cpuset.cpus and cpuset.mems of the parent to ${operation.path}`;
    case 'write':
      return `write ${JSON.stringify(operation.value)} to ${operation.path}`;
    case 'device-filter':
      return `attach a device filter of ${deviceFilter(operation.rules).length / INSTRUCTION_SIZE} instructions to ${operation.path}`;
    case 'own':
      return `give ${operation.path} to uid ${operation.uid}`;
  }
}

/** What a slot of the runtime holds, in words. */
export function slotText(slot: SlotSource): string {
  switch (slot.kind) {
    case 'namespace':
      return `namespace ${slot.path}, to be ${cloneFlagNames(slot.type)}`;
    case 'user-namespace':
      return `a user namespace that maps uids ${slot.uidMap.trim().replaceAll('\n', ', ')}; gids ${slot.gidMap.trim().replaceAll('\n', ', ')}`;
    case 'container-pidfd':
      return "the container's process";
    case 'container-root':
      return "the root of the container's process";
    case 'start-fifo':
      return 'start.fifo of the state folder';
    case 'status-fifo':
      return 'status.fifo of the state folder';
    case 'step-times':
      return 'memory for the times of the steps';
    case 'hook-file':
      return `${slot.path}, for what hooks write to ${slot.stream}`;
  }
}

/**
 * The plan as data for JSON.stringify. A number beyond 2^53, which readers of JSON may not hold exactly, is a decimal
 * string; bytes are a hexadecimal string. Each step has its line from `explainText` as `text`.
 */
export function explainJson(plan: ContainerPlan): unknown {
  return {
    cloneFlags: cloneFlagNames(plan.cloneFlags),
    slots: plan.slots.map(plain),
    steps: plan.steps.map((step, number) => {
      const { step: name, pointer, ...fields } = step;
      const masks = step.step === 'capabilities' || step.step === 'bounding-set';
      const values = masks ? capabilityFields(fields) : (plain(fields) as object);
      return { number, step: name, pointer, text: explainStep(step, plan), fields: values };
    }),
    idMaps: plain(plan.idMaps ?? null),
    cgroup: plain(plan.cgroup),
    hooks: plain(plan.hooks),
    seccomp: plain(plan.seccomp ?? null),
    netDevices: plain(plan.netDevices),
    intelRdt: plain(plan.intelRdt ?? null),
    warnings: plain(plan.warnings),
  };
}

function capabilityFields(fields: object): Record<string, string[]> {
  return Object.fromEntries(Object.entries(fields).map(([name, mask]) => [name, capabilityList(mask as bigint)]));
}

/** A value of a plan, as JSON can hold it. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= 0n ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}
