import type { UnitProperty } from '../../systemd/properties.js';
import { ACCESS_MKNOD, ACCESS_READ, ACCESS_WRITE, type DeviceAccess, isEverything } from '../plan/device-rules.js';
import { since, text } from './values.js';

/** One kind of device that is allowed something. */
interface Allowed {
  type: 'b' | 'c';
  major: number;
  minor: number;
  access: number;
}

/**
 * DevicePolicy and DeviceAllow for rules of devices. systemd knows no rules that deny, and can't name every group of devices:
 * where its list can't be the same, it allows more. What counts in the end is what both systemd's filter and tsrunc's own
 * allow (v1: what tsrunc writes last).
 * @param version of systemd
 * @param from pointer of the `devices` list, '' without one
 */
export function deviceProperties(rules: readonly DeviceAccess[], version: number, from: string): UnitProperty[] {
  const { everything, allowed } = simulate(rules);
  if (everything) {
    return [text('DevicePolicy', 'auto', from), { name: 'DeviceAllow', signature: 'a(ss)', value: [], from }];
  }
  const entries = new Map<string, number>();
  for (const entry of allowed) {
    const name = deviceName(entry, version);
    entries.set(name, (entries.get(name) ?? 0) | entry.access);
  }
  const value = [...entries].map(([name, access]) => [name, accessText(access)]);
  return [text('DevicePolicy', 'strict', from), { name: 'DeviceAllow', signature: 'a(ss)', value, from }];
}

/** What the rules allow in the end, or more: one that denies takes away only what an earlier one named in the same words. */
function simulate(rules: readonly DeviceAccess[]): { everything: boolean; allowed: Allowed[] } {
  let everything = false;
  let allowed = new Map<string, Allowed>();
  for (const rule of rules) {
    if (isEverything(rule)) {
      everything = rule.allow;
      allowed = new Map();
      continue;
    }
    for (const type of rule.type === 'a' ? (['b', 'c'] as const) : [rule.type]) {
      const key = `${type} ${rule.major}:${rule.minor}`;
      const before = allowed.get(key)?.access ?? 0;
      const access = rule.allow ? before | rule.access : before & ~rule.access;
      if (access === 0) allowed.delete(key);
      else allowed.set(key, { type, major: rule.major, minor: rule.minor, access });
    }
  }
  return { everything, allowed: [...allowed.values()] };
}

/** systemd.resource-control(5), DeviceAllow=: a path, a group of devices by its major number, or a pattern. */
function deviceName({ type, major, minor }: Allowed, version: number): string {
  const kind = type === 'b' ? 'block' : 'char';
  if (major === -1 || (minor === -1 && version < since.deviceMajor)) return `${kind}-*`;
  return minor === -1 ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`;
}

function accessText(access: number): string {
  return `${access & ACCESS_READ ? 'r' : ''}${access & ACCESS_WRITE ? 'w' : ''}${access & ACCESS_MKNOD ? 'm' : ''}`;
}
