/** Who keeps a container to the device rules of its configuration: the devices controller of v1, or a program on its v2 cgroup. */
import type { DeviceRule, Resources } from '../../config/spec.js';
import { setDevices } from '../v1/devices.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { deviceRules, isEverything, isRestriction } from './device-rules.js';
import { unsupported } from './operations.js';

/** What the runtime is, as far as device rules hang on it. */
export interface DeviceRights {
  /** The kernel's refusal of the rules (EPERM, EACCES) is no error. */
  readonly rootless: boolean;
  /** Root of the host, and not of a user namespace: the host's devices are in its reach. */
  readonly hostRoot: boolean;
}

/** The container's folders that device rules can be kept in. */
export interface DeviceFolders {
  readonly v1: string | undefined;
  readonly v2: string | undefined;
}

const POINTER = '/linux/resources/devices';

/**
 * False where device rules are none of the runtime's business: without the rights of the host's root no device is within reach
 * that the host's file modes don't open anyway, and the kernel takes rules from nobody else.
 */
function keepsRules({ rootless, hostRoot }: DeviceRights): boolean {
  return hostRoot || !rootless;
}

/**
 * Device rules in the container's v1 or v2 folder.
 * @throws TsruncError 'unsupported' for rules that restrict, without either
 */
export function deviceOperations(
  { devices = [] }: Resources,
  { v1, v2 }: DeviceFolders,
  rights: DeviceRights,
): CgroupOperation[] {
  if (!keepsRules(rights)) return [];
  const rules = deviceRules(devices, POINTER);
  let operations: CgroupOperation[];
  if (v1 !== undefined) operations = setDevices(rules, v1);
  else if (v2 !== undefined)
    operations = [{ op: 'device-filter', path: v2, rules, from: devices.length > 0 ? POINTER : '' }];
  else if (isRestriction(devices))
    throw unsupported(POINTER, 'neither cgroup v2 nor the devices controller of v1 is there on this host');
  else return [];
  return rights.rootless ? operations.map((operation) => ({ ...operation, mayBeRefused: true })) : operations;
}

/**
 * Device rules in an update: they stay as they are. Whoever gave the container more devices since (a hook of a GPU's, by the
 * cgroup) would lose them, and engines send the rules again with every update of a limit.
 * @param present the container's
 * @param from pointer of `devices`
 * @returns what is to be said of rules that differ
 * @throws TsruncError 'unsupported' for one that would restrict the container more
 */
export function devicesInUpdate(present: readonly DeviceRule[], changes: readonly DeviceRule[], from: string) {
  if (changes.length === 0) return [];
  const keys = (rules: readonly DeviceRule[]): string[] =>
    deviceRules(rules, '')
      .slice(0, rules.length)
      .map(({ allow, type, major, minor, access }) => `${allow} ${type} ${major}:${minor} ${access}`);
  const before = keys(present);
  const now = keys(changes);
  const denies = changes.findIndex(({ allow }, i) => !allow && !before.includes(now[i]!));
  if (denies >= 0 || (isRestriction(changes) && !isRestriction(present)))
    throw unsupported(
      denies >= 0 ? `${from}/${denies}` : from,
      "an update can't take devices from a container",
      'leave the device rules out, or make the container anew',
    );
  if (before.join() === now.join()) return [];
  return [{ from, text: 'is ignored: update leaves device rules as they are' }];
}

/**
 * Device rules of a container that gets no cgroup.
 * @param why none is made; disabled: on request. Then the rule that denies all is let be, as every engine sends it (podman with
 * `--cgroups=disabled` too), and devices that are allowed besides.
 * @returns what is to be said of rules that will not be in force
 * @throws TsruncError 'unsupported' for rules that restrict, unless cgroups are disabled; then for one that denies some devices
 */
export function devicesWithoutCgroup(
  { devices = [] }: Resources,
  rights: DeviceRights,
  why: { readonly text: string; readonly disabled: boolean },
): { from: string; text: string }[] {
  if (!keepsRules(rights) || !isRestriction(devices)) return [];
  if (!why.disabled)
    throw unsupported(POINTER, `device rules need a cgroup: ${why.text}`, 'mount one, or remove the rules');
  for (const rule of deviceRules(devices, POINTER).slice(0, devices.length))
    if (!rule.allow && !isEverything(rule))
      throw unsupported(rule.from, `this rule can't be kept: ${why.text}`, 'let cgroups be made, or remove the rule');
  const text = `${why.text}: the device rules are not in force, only file modes and missing capabilities (CAP_MKNOD) keep the container from devices`;
  return [{ from: POINTER, text }];
}
