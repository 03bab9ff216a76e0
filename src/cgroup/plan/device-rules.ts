/** What a container may do with devices, as rules both the v1 lists and the v2 program are made from. */
import type { DeviceRule } from '../../config/spec.js';

/** Bits of BPF_DEVCG_ACC_*, include/uapi/linux/bpf.h. */
export const ACCESS_MKNOD = 1;
export const ACCESS_READ = 2;
export const ACCESS_WRITE = 4;
export const ACCESS_ALL = 7;

/** A rule with every default filled in. */
export interface DeviceAccess {
  allow: boolean;
  /** `a`: both kinds. */
  type: 'a' | 'b' | 'c';
  /** -1: any. */
  major: number;
  minor: number;
  /** ACCESS_* bits. */
  access: number;
  /** Pointer of the rule; '' for tsrunc's own. */
  from: string;
}

/**
 * Character devices that every container has by the specification (config-linux.md, "Default Devices"), minors by major; no
 * minors: any. /dev/net/tun is here because container managers have come to rely on it. /dev/console of a container is a pts;
 * 5:1 would be the host's.
 */
export const defaultDevices: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [3, 5, 7, 8, 9]], // null, zero, full, random, urandom
  [5, [0, 2]], // tty, ptmx
  [136, []], // pts
  [10, [200]], // tun
]);

/** Always allowed, whatever the config says: making any node (it gives no access), and the default devices. */
export const alwaysAllowed: readonly DeviceAccess[] = [
  rule('c', -1, -1, ACCESS_MKNOD),
  rule('b', -1, -1, ACCESS_MKNOD),
  ...[...defaultDevices].flatMap(([major, minors]) =>
    minors.length === 0 ? [rule('c', major, -1)] : minors.map((minor) => rule('c', major, minor)),
  ),
];

function rule(type: 'b' | 'c', major: number, minor: number, access = ACCESS_ALL): DeviceAccess {
  return { allow: true, type, major, minor, access, from: '' };
}

/**
 * The config's rules in their order, the always allowed ones after them. A later rule wins over an earlier one, and what no
 * rule speaks of is denied.
 * @param from pointer of the `devices` list
 */
export function deviceRules(rules: readonly DeviceRule[], from: string): DeviceAccess[] {
  const own = rules.map(({ allow, type, major, minor, access }, i): DeviceAccess => {
    return {
      allow,
      type: type || 'a',
      major: wildcard(major),
      minor: wildcard(minor),
      access: access ? accessBits(access) : ACCESS_ALL,
      from: `${from}/${i}`,
    };
  });
  return [...own, ...alwaysAllowed];
}

/**
 * True when the rules keep anything from the container: not where all is allowed, and nothing denied after that, as for a
 * privileged container.
 */
export function isRestriction(rules: readonly DeviceRule[]): boolean {
  let everything = rules.length === 0;
  for (const rule of deviceRules(rules, '').slice(0, rules.length)) {
    if (isEverything(rule)) everything = rule.allow;
    else if (!rule.allow) everything = false;
  }
  return !everything;
}

/** Left out and negative both mean any: container managers write `*` as -1. */
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

/** True for a rule about every access to every device. */
export function isEverything(rule: DeviceAccess): boolean {
  return rule.type === 'a' && rule.major === -1 && rule.minor === -1 && rule.access === ACCESS_ALL;
}
