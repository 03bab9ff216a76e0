/**
 * linux.intelRdt: shares of cache and memory bandwidth, which are directories in the resctrl file system (resctrl.rst;
 * config-linux.md, "IntelRdt").
 */

import { EEXIST, ENODEV, ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { unescapePath } from '../../base/mountinfo.js';
import { holderExists } from '../../cgroup/ownership/holder.js';
import { readMark, replaceMark } from '../../cgroup/ownership/mark.js';
import { RDTGROUP_SUPER_MAGIC } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { PlannedIntelRdt } from '../../plan/plan.js';

const USUAL = '/sys/fs/resctrl';
const LIMIT = 1 << 20;

/** The resctrl group of a container. */
export interface IntelRdtGroup {
  /** The `tasks` files to which the pid of a process is written to move it into the group. */
  tasks: string[];
  /**
   * Directory to remove with the container: its own control group, or its monitoring group in a shared one; '' for
   * none.
   */
  made: string;
}

/**
 * The group that a container will be in. Makes nothing, so that the state can name the group first.
 * @throws TsruncError 'unsupported' if resctrl isn't mounted
 */
export function intelRdtGroup(native: Native, rdt: PlannedIntelRdt, id: string): IntelRdtGroup {
  const group = groupDirectory(native, rdt);
  if (!rdt.monitoring) return { tasks: [`${group}/tasks`], made: rdt.explicit ? '' : group };
  const monitor = monitorDirectory(group, id);
  return { tasks: [`${group}/tasks`, `${monitor}/tasks`], made: rdt.explicit ? monitor : group };
}

/**
 * Finds or makes the control group, writes its schemata, and makes the monitoring group if one is asked for.
 *
 * A group that closID names may be shared. It stays when the container is deleted, and if it existed before, its
 * schemata have to be those asked for. A group named after the container belongs to the container.
 * @param holder what the container's own groups are marked with
 * @throws TsruncError 'config' if the group of closID has other schemata, or is missing and no schemata are given, or
 * if the group named after the container belongs to another one; 'system' if the kernel refuses
 */
export function makeIntelRdt(native: Native, rdt: PlannedIntelRdt, id: string, holder: string | undefined): void {
  const group = groupDirectory(native, rdt);
  const isNew = makeGroup(native, rdt, group, holder);
  try {
    if (rdt.schemata.length > 0) setSchemata(native, rdt, group, isNew);
    if (!rdt.monitoring) return;
    const monitor = monitorDirectory(group, id);
    named(`${rdt.pointer}/enableMonitoring`, monitor, () => native.mkdir(monitor, 0o755));
    mark(native, monitor, holder);
  } catch (error) {
    if (isNew) removeGroup(native, group);
    throw error;
  }
}

/**
 * Moves a process into the group.
 * @throws TsruncError 'system'
 */
export function joinIntelRdt(native: Native, group: Pick<IntelRdtGroup, 'tasks'>, pid: number): void {
  for (const file of group.tasks) named('/linux/intelRdt', file, () => native.writeExisting(file, String(pid)));
}

/**
 * Removes the group that was made for a container. It is no error if there is none or it is gone. A group that may
 * belong to another container stays, since removing it would move that one's tasks to the default group.
 * @param made the path in the container's state; only a directory of resctrl with the container's name is removed
 */
export function removeIntelRdt(native: Native, { id, intelRdt: made, cgroup }: RdtRecord): void {
  if (made === '' || !made.startsWith('/') || made.includes('/../') || !made.endsWith(`/${id}`)) return;
  try {
    if (native.fsType(made) !== RDTGROUP_SUPER_MAGIC) return;
    const found = readMark(native, made);
    if (found === undefined ? hasTasks(native, made) : found.holder !== cgroup.mark) return;
  } catch (error) {
    if (isErrno(error, ENOENT, ENOTDIR, ENODEV)) return;
    throw error;
  }
  removeGroup(native, made);
}

/** The part of a container's state that is about its group. */
interface RdtRecord {
  readonly id: string;
  readonly intelRdt: string;
  readonly cgroup: { readonly mark?: string | undefined };
}

function hasTasks(native: Native, group: string): boolean {
  return native.readFile(`${group}/tasks`, LIMIT).trim() !== '';
}

function removeGroup(native: Native, group: string): void {
  try {
    native.rmdir(group);
  } catch (error) {
    if (!isErrno(error, ENOENT, ENODEV)) throw error;
  }
}

/**
 * True if the text of a schemata file has every line asked for; padding and leading zeros of numbers don't matter.
 */
export function schemataMatch(asked: readonly string[], present: string): boolean {
  const have = new Map<string, Map<string, string>>();
  for (const line of present.split('\n')) {
    const parsed = parseLine(line);
    if (parsed) have.set(parsed.resource, parsed.domains);
  }
  return asked
    .flatMap((text) => text.split('\n'))
    .every((line) => {
      const parsed = parseLine(line);
      if (!parsed) return true;
      const domains = have.get(parsed.resource);
      return domains !== undefined && [...parsed.domains].every(([domain, value]) => domains.get(domain) === value);
    });
}

/** Parses a line such as `L3:0=00f;1=f`, and drops padding and leading zeros. */
function parseLine(line: string): { resource: string; domains: Map<string, string> } | undefined {
  const colon = line.indexOf(':');
  if (colon < 0) return undefined;
  const domains = new Map<string, string>();
  for (const part of line.slice(colon + 1).split(';')) {
    const [domain = '', value = ''] = part.split('=').map((word) => word.trim());
    if (domain) domains.set(domain, value.toLowerCase().replace(/^0+(?=.)/, ''));
  }
  return { resource: line.slice(0, colon).trim(), domains };
}

/** The mount point of resctrl in the text of /proc/PID/mountinfo (proc_pid_mountinfo(5)), or undefined. */
export function parseResctrlMount(mountinfo: string): string | undefined {
  const line = mountinfo.split('\n').find((text) => text.includes(' - resctrl '));
  const place = line?.split(' ')[4];
  return place === undefined ? undefined : unescapePath(place);
}

/** Where resctrl is mounted on this host, or undefined. */
export function findResctrl(native: Native): string | undefined {
  try {
    if (native.fsType(USUAL) === RDTGROUP_SUPER_MAGIC) return USUAL;
  } catch (error) {
    if (!isErrno(error, ENOENT)) throw error;
  }
  return parseResctrlMount(native.readFile('/proc/self/mountinfo', 64 << 20));
}

function resctrlMount(native: Native, pointer: string): string {
  const mount = findResctrl(native);
  if (mount !== undefined) return mount;
  throw new TsruncError('unsupported', 'resctrl is not mounted on this host', {
    pointer,
    hint: `mount -t resctrl resctrl ${USUAL}, on a CPU with RDT; or leave intelRdt out`,
  });
}

/**
 * Writes lines into the schemata of an existing group.
 * @throws TsruncError as makeIntelRdt
 */
export function writeSchemata(native: Native, rdt: PlannedIntelRdt): void {
  const file = `${groupDirectory(native, rdt)}/schemata`;
  // All lines in one write(2), since they may only be valid together.
  named(rdt.pointer, file, () => native.writeExisting(file, `${rdt.schemata.join('\n')}\n`));
}

function groupDirectory(native: Native, { closID, pointer }: PlannedIntelRdt): string {
  return groupBelow(resctrlMount(native, pointer), closID);
}

/** The directory of a class: closID `/` is the default one, the root of resctrl itself. */
export const groupBelow = (root: string, closID: string): string => (closID === '/' ? root : `${root}/${closID}`);

function monitorDirectory(group: string, id: string): string {
  return `${group}/mon_groups/${id}`;
}

/** Makes the group if needed. True if it is new, or a leftover of an earlier container with the same name. */
function makeGroup(native: Native, rdt: PlannedIntelRdt, group: string, holder: string | undefined): boolean {
  if (rdt.explicit && rdt.schemata.length === 0) {
    if (native.stat(group, false) !== null) return false;
    throw new TsruncError('config', `there is no resctrl group ${group}, and no schemata to make it with`, {
      pointer: `${rdt.pointer}/closID`,
      path: group,
    });
  }
  try {
    native.mkdir(group, 0o755);
  } catch (error) {
    if (!isErrno(error, EEXIST)) throw refine(error, rdt.pointer, group);
    if (rdt.explicit) return false;
    refuseTaken(native, rdt, group);
    mark(native, group, holder);
    return true;
  }
  if (!rdt.explicit) mark(native, group, holder);
  return true;
}

/** Marks a group. If the kernel supports no marks on it, only the tasks in a group show that it is in use. */
function mark(native: Native, group: string, holder: string | undefined): void {
  if (holder !== undefined) replaceMark(native, group, { kind: 'made', holder });
}

/** Refuses a group of another container with the same id, below another --root or of another runtime. */
function refuseTaken(native: Native, rdt: PlannedIntelRdt, group: string): void {
  const found = readMark(native, group);
  const isHeld = found !== undefined && holderExists(native, found.holder);
  if (!isHeld && !named(rdt.pointer, group, () => hasTasks(native, group))) return;
  throw new TsruncError('config', `the resctrl group ${group} is another container's`, {
    pointer: rdt.pointer,
    path: group,
    hint: 'give the container another id, or name a closID to share',
  });
}

function setSchemata(native: Native, rdt: PlannedIntelRdt, group: string, isNew: boolean): void {
  const file = `${group}/schemata`;
  if (!isNew && rdt.explicit) {
    if (schemataMatch(rdt.schemata, native.readFile(file, LIMIT))) return;
    throw new TsruncError('config', `the resctrl group ${group} is there already, with other schemata`, {
      pointer: `${rdt.pointer}/closID`,
      path: file,
      hint: 'leave the schemata out to use it as it is, or name another closID',
    });
  }
  writeSchemata(native, rdt);
}

function named<T>(pointer: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw refine(error, pointer, path);
  }
}

function refine(error: unknown, pointer: string, path: string): unknown {
  if (!(error instanceof TsruncError)) return error;
  return withFields(
    error,
    { pointer, path, hint: 'info/last_cmd_status of the resctrl mount says why' },
    `${path}: ${error.message}`,
  );
}
