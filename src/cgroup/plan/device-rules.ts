/** The device rules of a container in the form from which both the v1 lists and the v2 program are made. */
import type { DeviceRule } from '../../config/spec.js';

/** BPF_DEVCG_ACC_* of include/uapi/linux/bpf.h; these are bits of DeviceAccess.access. */
export const ACCESS_MKNOD = 1;
export const ACCESS_READ = 2;
export const ACCESS_WRITE = 4;
export const ACCESS_ALL = 7;

/** A rule with every default filled in. */
export interface DeviceAccess {
  allow: boolean;
  /** `a`: block and character devices. */
  type: 'a' | 'b' | 'c';
  /** -1: any; the same for `minor`. */
  major: number;
  minor: number;
  /** ACCESS_* bits. */
  access: number;
  /** Type and numbers as devices.list of v1 shows them, e.g. `c 1:*`. */
  devices: string;
  /** Pointer of the rule; '' for one that tsrunc adds. */
  pointer: string;
  /** Only for rules in alwaysAllowed: the rule as text for devices.allow of v1. */
  always?: string;
}

/**
 * The character devices that every container may use (config-linux.md, "Default Devices"): minor numbers by major
 * number, where an empty list means any minor. /dev/net/tun isn't in the specification, but container managers have
 * come to rely on it. /dev/console (5:1) is missing because it would be the host's: that of a container is a pts.
 */
export const defaultDevices: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [3, 5, 7, 8, 9]], // null, zero, full, random, urandom
  [5, [0, 2]], // tty, ptmx
  [136, []], // pts
  [10, [200]], // tun
]);

/**
 * Rules that hold whatever the config says: making any device node (that gives no access yet), and the default devices.
 */
export const alwaysAllowed: readonly DeviceAccess[] = [
  rule('c', -1, -1, ACCESS_MKNOD),
  rule('b', -1, -1, ACCESS_MKNOD),
  ...[...defaultDevices].flatMap(([major, minors]) =>
    minors.length === 0 ? [rule('c', major, -1)] : minors.map((minor) => rule('c', major, minor)),
  ),
];

function rule(type: 'b' | 'c', major: number, minor: number, access = ACCESS_ALL): DeviceAccess {
  const devices = devicesText(type, major, minor);
  const always = ruleText(devices, access);
  return { allow: true, type, major, minor, access, devices, pointer: '', always };
}

/** Type and numbers as devices.list of v1 shows them, with `*` for -1: `c 1:*`. */
export function devicesText(type: DeviceAccess['type'], major: number, minor: number): string {
  return `${type} ${major === -1 ? '*' : major}:${minor === -1 ? '*' : minor}`;
}

/**
 * A rule as text for devices.allow and devices.deny of v1: `c 1:* rwm`.
 * @param devices as devicesText returns them
 * @param access ACCESS_* bits
 */
export function ruleText(devices: string, access: number): string {
  const letters =
    access === ACCESS_ALL
      ? 'rwm'
      : (access & ACCESS_READ ? 'r' : '') + (access & ACCESS_WRITE ? 'w' : '') + (access & ACCESS_MKNOD ? 'm' : '');
  return `${devices} ${letters}`;
}

/**
 * The config's rules in their order, followed by alwaysAllowed. A later rule wins over an earlier one, and what no rule
 * names is denied.
 * @param pointer JSON pointer of the `devices` list
 */
export function deviceRules(rules: readonly DeviceRule[], pointer: string): DeviceAccess[] {
  const own = rules.map((rule, i): DeviceAccess => {
    const { allow, access } = rule;
    const type = rule.type || 'a';
    const major = wildcard(rule.major);
    const minor = wildcard(rule.minor);
    const bits = access ? accessBits(access) : ACCESS_ALL;
    return {
      allow,
      type,
      major,
      minor,
      access: bits,
      devices: devicesText(type, major, minor),
      pointer: `${pointer}/${i}`,
    };
  });
  return [...own, ...alwaysAllowed];
}

/**
 * True when the rules deny the container anything. False for an empty list, and when a rule allows everything and none
 * denies anything after it, as for a privileged container.
 */
export function isRestriction(rules: readonly DeviceRule[]): boolean {
  let everything = rules.length === 0;
  for (const rule of deviceRules(rules, '').slice(0, rules.length)) {
    if (isEverything(rule)) everything = rule.allow;
    else if (!rule.allow) everything = false;
  }
  return !everything;
}

/** A number that is left out or negative means any: container managers write -1 for `*`. */
function wildcard(number: number | undefined): number {
  return number === undefined || number < 0 ? -1 : number;
}

function accessBits(text: string): number {
  return (
    (text.includes('m') ? ACCESS_MKNOD : 0) |
    (text.includes('r') ? ACCESS_READ : 0) |
    (text.includes('w') ? ACCESS_WRITE : 0)
  );
}

/** True for a rule that covers every kind of access to every device. */
export function isEverything(rule: DeviceAccess): boolean {
  return rule.type === 'a' && rule.major === -1 && rule.minor === -1 && rule.access === ACCESS_ALL;
}
