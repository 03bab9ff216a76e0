/**
 * Turns device rules into writes to devices.allow and devices.deny of cgroup v1 (cgroup-v1/devices.rst).
 *
 * The kernel doesn't keep a list of rules but a default and a list of exceptions to it: a write against the default
 * adds an exception, and a write with the default only removes exceptions with exactly the same numbers. So the code
 * below simulates the kernel to make sure that a later rule wins. What these two files can't express is an error, so
 * that it isn't a hole.
 */
import type { CgroupOperation } from '../plan/cgroup-plan.js';
import { type DeviceAccess, devicesText, isEverything, ruleText } from '../plan/device-rules.js';
import { unsupported } from '../plan/operations.js';

/** An exception in the kernel's list. */
type Exception = Readonly<DeviceAccess>;

/**
 * The writes that replace all rules of the cgroup by `rules`. The order of the rules is kept, so devices.list shows the
 * config's first.
 * @param rules as deviceRules returns them
 * @throws TsruncError 'unsupported' for a rule that makes an exception to a wider earlier one, such as denying one
 * device of an allowed group
 */
export function setDevices(rules: readonly DeviceAccess[], directory: string): CgroupOperation[] {
  let allowed = false;
  // By type and numbers: the kernel has only one exception for each.
  const exceptions = new Map<string, Exception>();
  const files = { allow: `${directory}/devices.allow`, deny: `${directory}/devices.deny` };
  const set = (allow: boolean, value: string, pointer: string): CgroupOperation => {
    return { op: 'write', path: allow ? files.allow : files.deny, value, pointer };
  };
  let operations: CgroupOperation[] = [set(false, 'a', '')];

  const apply = (rule: Exception, allow: boolean): void => {
    const { devices, access, pointer } = rule;
    if (allow !== allowed) {
      const same = exceptions.get(devices);
      if (same !== undefined && (same.access & access) === access) return;
      exceptions.set(devices, same === undefined ? rule : { ...same, access: same.access | access });
      operations.push(set(allow, ruleText(devices, access), pointer));
      return;
    }
    for (const other of exceptions.values()) {
      const both = other.access & access;
      if (both === 0 || !overlaps(rule, other)) continue;
      if (!covers(rule, other)) throw holeError(rule, other, allow);
      operations.push(set(allow, ruleText(other.devices, both), pointer));
      if (other.access === both) exceptions.delete(other.devices);
      else exceptions.set(other.devices, { ...other, access: other.access & ~both });
    }
  };

  for (const rule of rules) {
    if (rule.always !== undefined && !allowed && exceptions.size === 0) {
      // These come last and no two of them have the same numbers, so there is nothing to simulate.
      operations.push({ op: 'write', path: files.allow, value: rule.always, pointer: '' });
    } else if (isEverything(rule)) {
      // Nothing before this rule matters any more.
      allowed = rule.allow;
      exceptions.clear();
      operations = [set(allowed, 'a', rule.pointer)];
    } else if (rule.type !== 'a') apply(rule, rule.allow);
    // The kernel takes `a` as every device, whatever numbers follow, so it has to be written as `b` and `c`.
    else
      for (const type of ['b', 'c'] as const)
        apply({ ...rule, type, devices: devicesText(type, rule.major, rule.minor) }, rule.allow);
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
    rule.pointer || other.pointer,
    `cgroup v1 can't ${verb} "${ruleText(rule.devices, rule.access)}" as a part of "${ruleText(other.devices, other.access)}", which an earlier rule ${allow ? 'denies' : 'allows'}`,
    'write the rules so that none takes a part out of an earlier one',
  );
}
