/**
 * Device rules as writes to devices.allow and devices.deny (cgroup-v1/devices.rst).
 *
 * The kernel holds a default and a list of exceptions to it, not a list of rules: a rule against the default adds an
 * exception, a rule with the default only takes back exceptions with the very same numbers. What the rules mean is worked
 * out here, so that "a later rule wins" holds, and what these two files can't express is an error and not a hole.
 */
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import {
  ACCESS_ALL,
  ACCESS_MKNOD,
  ACCESS_READ,
  ACCESS_WRITE,
  type DeviceAccess,
  isEverything,
} from '../plan/device-rules.js';
import { unsupported, write } from '../plan/operations.js';

interface Exception {
  type: 'b' | 'c';
  major: number;
  minor: number;
  access: number;
  from: string;
}

/**
 * Writes that replace what the cgroup has by `rules`. Exceptions are listed by the kernel in the order of their making,
 * so devices.list shows the config's rules first.
 * @throws TsruncError 'unsupported' for a rule that takes a part out of a wider one
 */
export function setDevices(rules: readonly DeviceAccess[], folder: string): CgroupOperation[] {
  let allowed = false;
  let exceptions: Exception[] = [];
  let operations: CgroupOperation[] = [write(folder, 'devices.deny', 'a', '')];

  const apply = (rule: Exception, allow: boolean): void => {
    const { from } = rule;
    const file = allow ? 'devices.allow' : 'devices.deny';
    if (allow !== allowed) {
      const same = exceptions.find((other) => covers(other, rule) && covers(rule, other));
      if (same && (same.access & rule.access) === rule.access) return;
      if (same) same.access |= rule.access;
      else exceptions.push({ ...rule });
      operations.push(write(folder, file, ruleText(rule), from));
      return;
    }
    for (const other of exceptions) {
      if ((other.access & rule.access) === 0 || !overlaps(rule, other)) continue;
      if (!covers(rule, other)) throw holeError(rule, other, allow);
      const taken = { ...other, access: other.access & rule.access };
      other.access &= ~rule.access;
      operations.push(write(folder, file, ruleText(taken), from));
    }
    exceptions = exceptions.filter((other) => other.access !== 0);
  };

  for (const rule of rules) {
    if (isEverything(rule)) {
      // From here on nothing that came before matters.
      allowed = rule.allow;
      exceptions = [];
      operations = [write(folder, allowed ? 'devices.allow' : 'devices.deny', 'a', rule.from)];
      continue;
    }
    // The kernel takes `a` for everything, whatever numbers follow it.
    for (const type of rule.type === 'a' ? (['b', 'c'] as const) : [rule.type]) apply({ ...rule, type }, rule.allow);
  }
  return operations;
}

/** True when every device of `inner` is one of `outer`. */
function covers(outer: Exception, inner: Exception): boolean {
  return (
    outer.type === inner.type &&
    (outer.major === -1 || outer.major === inner.major) &&
    (outer.minor === -1 || outer.minor === inner.minor)
  );
}

function overlaps(a: Exception, b: Exception): boolean {
  const meet = (x: number, y: number) => x === -1 || y === -1 || x === y;
  return a.type === b.type && meet(a.major, b.major) && meet(a.minor, b.minor);
}

function holeError(rule: Exception, other: Exception, allow: boolean) {
  const verb = allow ? 'allow' : 'deny';
  return unsupported(
    rule.from || other.from,
    `cgroup v1 can't ${verb} "${ruleText(rule)}" as a part of "${ruleText(other)}", which an earlier rule ${allow ? 'denies' : 'allows'}`,
    'write the rules so that none takes a part out of an earlier one',
  );
}

function ruleText({ type, major, minor, access }: Exception): string {
  const number = (value: number) => (value === -1 ? '*' : String(value));
  const letters =
    access === ACCESS_ALL
      ? 'rwm'
      : (access & ACCESS_READ ? 'r' : '') + (access & ACCESS_WRITE ? 'w' : '') + (access & ACCESS_MKNOD ? 'm' : '');
  return `${type} ${number(major)}:${number(minor)} ${letters}`;
}
