/** Translates device rules to systemd's properties for devices. */
import type { UnitProperty } from '../../systemd/properties.js';
import { ACCESS_MKNOD, ACCESS_READ, ACCESS_WRITE, type DeviceAccess, isEverything } from '../plan/device-rules.js';
import { since, text } from './values.js';

/** The access that is allowed to some devices; -1 means any number. */
interface Allowed {
  type: 'b' | 'c';
  major: number;
  minor: number;
  access: number;
}

/**
 * The properties DevicePolicy and DeviceAllow for device rules. systemd has no rules that deny, and no names for some
 * groups of devices; where its list can't mean the same as the rules, it allows more. That is safe: in v2 an access
 * must pass both systemd's filter and tsrunc's own, and in v1 tsrunc writes its rules after systemd.
 * @param version of systemd
 * @param pointer JSON pointer of the `devices` list, '' without one
 */
export function deviceProperties(rules: readonly DeviceAccess[], version: number, pointer: string): UnitProperty[] {
  const { everything, allowed } = simulate(rules);
  if (everything) {
    return [text('DevicePolicy', 'auto', pointer), { name: 'DeviceAllow', signature: 'a(ss)', value: [], pointer }];
  }
  const entries = new Map<string, number>();
  for (const entry of allowed) {
    const name = deviceName(entry, version);
    entries.set(name, (entries.get(name) ?? 0) | entry.access);
  }
  const value = [...entries].map(([name, access]) => [name, accessText(access)]);
  return [text('DevicePolicy', 'strict', pointer), { name: 'DeviceAllow', signature: 'a(ss)', value, pointer }];
}

/**
 * What the rules allow in the end, or more: a rule that denies only takes away access that an earlier rule gave to
 * exactly the same type and numbers.
 */
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

/** The devices as DeviceAllow= names them: by path, by major number, or by pattern (systemd.resource-control(5)). */
function deviceName({ type, major, minor }: Allowed, version: number): string {
  const kind = type === 'b' ? 'block' : 'char';
  if (major === -1 || (minor === -1 && version < since.deviceMajor)) return `${kind}-*`;
  return minor === -1 ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`;
}

function accessText(access: number): string {
  return `${access & ACCESS_READ ? 'r' : ''}${access & ACCESS_WRITE ? 'w' : ''}${access & ACCESS_MKNOD ? 'm' : ''}`;
}
