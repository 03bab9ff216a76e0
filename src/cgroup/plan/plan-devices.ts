/**
 * Plans how the device rules of a config are enforced: by the devices controller of v1, or by a program on the v2
 * cgroup.
 */
import type { DeviceRule, Resources } from '../../config/spec.js';
import { setDevices } from '../v1/devices.js';
import type { CgroupOperation } from './cgroup-plan.js';
import { deviceRules, isEverything, isRestriction } from './device-rules.js';
import { unsupported } from './operations.js';

/** The runtime's rights, as far as device rules depend on them. */
export interface DeviceRights {
  /** It is only a warning when the kernel refuses the rules (EPERM, EACCES). */
  readonly rootless: boolean;
  /** The runtime is root on the host and not just in a user namespace, so it can give access to the host's devices. */
  readonly hostRoot: boolean;
}

/** The container's directories that device rules can be applied to: that of the v1 devices controller, and that of v2. */
export interface DeviceDirectories {
  readonly v1: string | undefined;
  readonly v2: string | undefined;
}

const POINTER = '/linux/resources/devices';

/**
 * False if device rules can be left out. Without the rights of the host's root a container reaches only devices that
 * the host's file modes open to that user anyway, and the kernel accepts device rules from root only.
 */
function keepsRules({ rootless, hostRoot }: DeviceRights): boolean {
  return hostRoot || !rootless;
}

/**
 * The operations for device rules, in the container's v1 directory if there is one, else in v2. Empty when the rules
 * can be left out.
 * @throws TsruncError 'unsupported' for rules that restrict the container, if it has neither directory
 */
export function deviceOperations(
  { devices = [] }: Resources,
  { v1, v2 }: DeviceDirectories,
  rights: DeviceRights,
): CgroupOperation[] {
  if (!keepsRules(rights)) return [];
  const rules = deviceRules(devices, POINTER);
  let operations: CgroupOperation[];
  if (v1 !== undefined) operations = setDevices(rules, v1);
  else if (v2 !== undefined)
    operations = [{ op: 'device-filter', path: v2, rules, pointer: devices.length > 0 ? POINTER : '' }];
  else if (isRestriction(devices))
    throw unsupported(POINTER, 'neither cgroup v2 nor the devices controller of v1 is there on this host');
  else return [];
  return rights.rootless ? operations.map((operation) => ({ ...operation, mayBeRefused: true })) : operations;
}

/**
 * Checks the device rules of an update, which leaves the container's rules as they are. Engines send the rules with
 * every update of any limit; applying them would take away devices that were allowed later (by the hook of a GPU, in
 * the cgroup itself).
 * @param present the container's rules
 * @param changes the rules in the update
 * @param pointer JSON pointer of `devices` in the update
 * @returns warnings: one if the rules differ
 * @throws TsruncError 'unsupported' if they would restrict the container more
 */
export function devicesInUpdate(present: readonly DeviceRule[], changes: readonly DeviceRule[], pointer: string) {
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
      denies >= 0 ? `${pointer}/${denies}` : pointer,
      "an update can't take devices from a container",
      'leave the device rules out, or make the container anew',
    );
  if (before.join() === now.join()) return [];
  return [{ pointer, text: 'is ignored: update leaves device rules as they are' }];
}

/**
 * Checks the device rules of a container that gets no cgroup.
 * @param why `text` says why there is none; `disabled`: the user asked for none. Then a rule that denies everything is
 * accepted, as every engine sends one (podman does with `--cgroups=disabled` too), and so are rules that allow devices.
 * @returns warnings: one if there are rules that will have no effect
 * @throws TsruncError 'unsupported' for rules that restrict the container; if cgroups are disabled, only for a rule
 * that denies particular devices
 */
export function devicesWithoutCgroup(
  { devices = [] }: Resources,
  rights: DeviceRights,
  why: { readonly text: string; readonly disabled: boolean },
): { pointer: string; text: string }[] {
  if (!keepsRules(rights) || !isRestriction(devices)) return [];
  if (!why.disabled)
    throw unsupported(POINTER, `device rules need a cgroup: ${why.text}`, 'mount one, or remove the rules');
  for (const rule of deviceRules(devices, POINTER).slice(0, devices.length))
    if (!rule.allow && !isEverything(rule))
      throw unsupported(
        rule.pointer,
        `this rule can't be kept: ${why.text}`,
        'let cgroups be made, or remove the rule',
      );
  const text = `${why.text}: the device rules are not in force, only file modes and missing capabilities (CAP_MKNOD) keep the container from devices`;
  return [{ pointer: POINTER, text }];
}
