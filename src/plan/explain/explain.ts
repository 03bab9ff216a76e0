import type { CgroupOperation, UnitPlan } from '../../cgroup/plan/cgroup-plan.js';
import { deviceFilter } from '../../cgroup/plan/device-filter.js';
import { isDeviceFilter, isDeviceRule } from '../../cgroup/plan/device-operations.js';
import { INFINITY } from '../../cgroup/systemd/values.js';
import type { IdMapping, Spec } from '../../config/spec.js';
import type { DbusValue } from '../../dbus/signature.js';
import type { Plan, PlannedHook, SlotSource } from '../plan.js';
import { capabilityList } from '../process/capabilities.js';
import { hookArguments } from '../process/hooks.js';
import { seccompSummary } from '../seccomp/seccomp-summary.js';
import { cloneFlagNames } from '../steps/flag-names.js';
import { SyncEvent } from '../steps/protocol.js';
import { explainStep } from './explain-steps.js';

type Actor = 'runtime' | 'init';

/** One line of an explanation. */
interface Line {
  actor: Actor;
  text: string;
  from: string;
}

/**
 * The plan as text, in the order in which things happen: number, who does it, the field of config.json
 * that asks for it (nothing where it is tsrunc's own doing), what. Ends with a newline.
 */
export function explainText(plan: Plan, spec: Spec): string {
  const lines = explainLines(plan);
  const digits = String(lines.length).length;
  const width = Math.max(...lines.map(({ from }) => from.length));
  const rows = lines.map(({ actor, text, from }, i) => {
    return `${String(i + 1).padStart(digits)}  ${actor.padEnd(7)}  ${from.padEnd(width)}  ${text}`;
  });
  const warnings = plan.warnings.map(({ text, from }) => `warning: ${text}${from === '' ? '' : `  ${from}`}`);
  const title = `Plan for ${spec.process?.args?.join(' ') ?? 'a container'}: ${lines.length} actions, ${plan.steps.length} of them by init`;
  return `${[title, '', ...rows, ...(warnings.length > 0 ? ['', ...warnings] : [])].join('\n')}\n`;
}

function explainLines(plan: Plan): Line[] {
  const lines: Line[] = [];
  const runtime = (from: string, text: string): void => {
    lines.push({ actor: 'runtime', text, from });
  };
  runtime('', 'make the state folder');
  const { systemd } = plan.cgroup;
  const isDevices = (operation: CgroupOperation) => isDeviceFilter(operation) || isDeviceRule(operation);
  const bornIntoIt = plan.cgroup.cloneInto !== '';
  if (!bornIntoIt) runtime('', spawnText(plan));
  if (systemd === undefined) cgroupLines(plan, (operation) => !isDevices(operation), runtime);
  if (bornIntoIt) runtime('', spawnText(plan));
  if (plan.seccomp) runtime(plan.seccomp.from, `compile the seccomp filter (${seccompSummary(plan.seccomp.profile)})`);
  for (const slot of plan.slots) runtime(slot.from, `open ${slotText(slot)}`);
  if (systemd !== undefined) {
    unitLines(systemd, runtime);
    cgroupLines(plan, () => true, runtime);
  }
  if (plan.intelRdt) {
    const { closID, schemata, from } = plan.intelRdt;
    runtime(from, `put init into class of service ${closID} of resctrl (${schemata.join('; ') || 'schemata left'})`);
  }
  if (systemd === undefined)
    for (const operation of plan.cgroup.operations.filter(isDevices))
      runtime(operation.from, `${operationText(operation)}, while init begins`);
  for (const step of plan.steps) {
    lines.push({ actor: 'init', text: explainStep(step, plan), from: step.from });
    if (step.step === 'sync' && step.event === SyncEvent.mapIds) mapIdLines(plan, runtime);
    if (step.step === 'sync' && step.event === SyncEvent.delegateCgroup) delegateLines(plan, runtime);
    if (step.step === 'sync' && step.event === SyncEvent.createRuntime) {
      for (const { name, newName, from } of plan.netDevices)
        runtime(from, `move network device ${name} into the container as ${newName}`);
      hookLines('prestart', plan.hooks.prestart, runtime);
      hookLines('createRuntime', plan.hooks.createRuntime, runtime);
    }
  }
  hookLines('poststart', plan.hooks.poststart, runtime);
  hookLines('poststop', plan.hooks.poststop, runtime);
  return lines;
}

function cgroupLines(
  { cgroup }: Plan,
  wanted: (operation: CgroupOperation) => boolean,
  runtime: (from: string, text: string) => void,
): void {
  for (const operation of cgroup.operations) if (wanted(operation)) runtime(operation.from, operationText(operation));
  for (const path of cgroup.systemd?.enter ?? []) runtime('', `write init's pid to ${path}`);
}

function delegateLines({ cgroup: { delegate } }: Plan, runtime: (from: string, text: string) => void): void {
  if (delegate === undefined) return;
  for (const operation of delegate.make) runtime(operation.from, operationText(operation));
  runtime(delegate.from, `write init's pid to ${delegate.enter}`);
  for (const operation of delegate.operations) runtime(operation.from, operationText(operation));
}

function unitLines(unit: UnitPlan, runtime: (from: string, text: string) => void): void {
  const manager = unit.user ? "the user's systemd" : 'systemd';
  const within = unit.kind === 'scope' ? ` in ${unit.slice}, with init in it` : '';
  runtime(unit.from, `have ${manager} start the unit ${unit.unit}${within}, with the properties:`);
  for (const { name, value, from } of unit.properties) runtime(from, `  ${name}=${propertyText(value)}`);
}

function propertyText(value: DbusValue): string {
  if (value === INFINITY) return 'infinity';
  const simple = plain(value);
  return typeof simple === 'string' ? simple : JSON.stringify(simple);
}

function spawnText({ cloneFlags, cgroup }: Plan): string {
  const into = cgroup.cloneInto === '' ? '' : ` in cgroup ${cgroup.cloneInto}`;
  return `start init${into}${cloneFlags === 0 ? '' : ` with ${cloneFlagNames(cloneFlags)}`}`;
}

function mapIdLines({ idMaps }: Plan, runtime: (from: string, text: string) => void): void {
  if (idMaps === undefined) return;
  const how = idMaps.viaHelpers ? ' with newuidmap, newgidmap' : '';
  if (idMaps.denySetgroups) runtime('/linux/gidMappings', 'deny setgroups in the user namespace');
  runtime('/linux/uidMappings', `map uids${how}: ${mapText(idMaps.uid)}`);
  runtime('/linux/gidMappings', `map gids${how}: ${mapText(idMaps.gid)}`);
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} to ${hostID} (${size})`).join(', ') || 'none';
}

function hookLines(name: string, hooks: readonly PlannedHook[], runtime: (from: string, text: string) => void): void {
  for (const { hook, from } of hooks) runtime(from, `run ${name} hook ${hookArguments(hook).join(' ')}`);
}

function operationText(operation: CgroupOperation): string {
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
      return `attach a device filter of ${deviceFilter(operation.rules).length / 8} instructions to ${operation.path}`;
    case 'own':
      return `give ${operation.path} to uid ${operation.uid}`;
  }
}

function slotText(slot: SlotSource): string {
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
    case 'hook-file':
      return `${slot.path}, for what hooks write to ${slot.stream}`;
  }
}

/**
 * The plan for programs: plain objects, arrays, strings, numbers and booleans. A 64-bit number that JSON's readers may not hold exactly is a
 * decimal string, bytes are hexadecimal, and each step has its line of `explainText` as `text`.
 */
export function explainJson(plan: Plan): unknown {
  return {
    cloneFlags: cloneFlagNames(plan.cloneFlags),
    slots: plan.slots.map(plain),
    steps: plan.steps.map((step, number) => {
      const { step: name, from, ...fields } = step;
      const masks = step.step === 'capabilities' || step.step === 'bounding-set';
      const values = masks ? capabilityFields(fields) : (plain(fields) as object);
      return { number, step: name, from, text: explainStep(step, plan), fields: values };
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

function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= 0n ? Number(value) : String(value);
  if (value instanceof Uint8Array) return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  }
  return value;
}
