/** linux.intelRdt: shares of cache and memory bandwidth, by folders of the resctrl filesystem (resctrl.rst; config-linux.md, "IntelRdt"). */

import { EEXIST, ENODEV, ENOENT, ENOTDIR } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { unescapePath } from '../../base/mountinfo.js';
import { holderExists } from '../../cgroup/ownership/holder.js';
import { readMark, replaceMark } from '../../cgroup/ownership/mark.js';
import { RDTGROUP_SUPER_MAGIC } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { Plan } from '../../plan/plan.js';

type PlannedRdt = NonNullable<Plan['intelRdt']>;

const USUAL = '/sys/fs/resctrl';
const LIMIT = 1 << 20;

export interface IntelRdtGroup {
  /** `tasks` files that a process of the container is written to. */
  tasks: string[];
  /** Folder to remove with the container: its own control group, or its monitoring group in one that is shared; '' for none. */
  made: string;
}

/**
 * The group that a container is going to be in; for its state, before anything of it is made.
 * @throws TsruncError 'unsupported' where resctrl isn't mounted
 */
export function intelRdtGroup(native: Native, rdt: PlannedRdt, id: string): IntelRdtGroup {
  const group = groupFolder(native, rdt);
  if (!rdt.monitoring) return { tasks: [`${group}/tasks`], made: rdt.explicit ? '' : group };
  const monitor = monitorFolder(group, id);
  return { tasks: [`${group}/tasks`, `${monitor}/tasks`], made: rdt.explicit ? monitor : group };
}

/**
 * Finds or makes the control group, writes its schemata, makes the monitoring group.
 *
 * A group that closID names may be shared: it is left when the container goes, and where it was there before, the
 * schemata asked for must be what it has. A group named after the container is the container's own.
 * @param holder what the container's own groups are marked with
 * @throws TsruncError 'config' when the named group has other schemata or is missing and none are given, or when the one named after the
 * container is another's; 'system' when the kernel refuses
 */
export function makeIntelRdt(native: Native, rdt: PlannedRdt, id: string, holder: string | undefined): void {
  const group = groupFolder(native, rdt);
  const isNew = makeGroup(native, rdt, group, holder);
  try {
    if (rdt.schemata.length > 0) setSchemata(native, rdt, group, isNew);
    if (!rdt.monitoring) return;
    const monitor = monitorFolder(group, id);
    named(`${rdt.from}/enableMonitoring`, monitor, () => native.mkdir(monitor, 0o755));
    mark(native, monitor, holder);
  } catch (error) {
    if (isNew) removeGroup(native, group);
    throw error;
  }
}

/** Moves a process into the group. Throws TsruncError 'system'. */
export function joinIntelRdt(native: Native, group: Pick<IntelRdtGroup, 'tasks'>, pid: number): void {
  for (const file of group.tasks) named('/linux/intelRdt', file, () => native.writeExisting(file, String(pid)));
}

/**
 * Removes the group that was made for a container, named after it below a resctrl mount; '' and what is gone are fine. One that isn't
 * surely the container's stays: its tasks would go to the default group.
 * @param made what its state says
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

/** What a state says of a container's group. */
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

/** True when every line asked for stands in the text of a schemata file, however its numbers are padded. */
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

/** `L3:0=00f;1=f` without padding and leading zeros. */
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

/** Mount point of a line `… MOUNTPOINT … - resctrl …` in mountinfo. */
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

function resctrlMount(native: Native, from: string): string {
  const mount = findResctrl(native);
  if (mount !== undefined) return mount;
  throw new TsruncError('unsupported', 'resctrl is not mounted on this host', {
    pointer: from,
    hint: `mount -t resctrl resctrl ${USUAL}, on a CPU with RDT; or leave intelRdt out`,
  });
}

/** Writes lines into the schemata of a group that is there. Throws TsruncError as makeIntelRdt. */
export function writeSchemata(native: Native, rdt: PlannedRdt): void {
  const file = `${resctrlMount(native, rdt.from)}/${rdt.closID}/schemata`;
  // One write: the lines hold together or not at all.
  named(rdt.from, file, () => native.writeExisting(file, `${rdt.schemata.join('\n')}\n`));
}

function groupFolder(native: Native, rdt: PlannedRdt): string {
  return `${resctrlMount(native, rdt.from)}/${rdt.closID}`;
}

function monitorFolder(group: string, id: string): string {
  return `${group}/mon_groups/${id}`;
}

/** True when the folder is new, or what was left of one that was the container's own. */
function makeGroup(native: Native, rdt: PlannedRdt, group: string, holder: string | undefined): boolean {
  if (rdt.explicit && rdt.schemata.length === 0) {
    if (native.stat(group, false) !== null) return false;
    throw new TsruncError('config', `there is no resctrl group ${group}, and no schemata to make it with`, {
      pointer: `${rdt.from}/closID`,
      path: group,
    });
  }
  try {
    native.mkdir(group, 0o755);
  } catch (error) {
    if (!isErrno(error, EEXIST)) throw refine(error, rdt.from, group);
    if (rdt.explicit) return false;
    refuseTaken(native, rdt, group);
    mark(native, group, holder);
    return true;
  }
  if (!rdt.explicit) mark(native, group, holder);
  return true;
}

/** A kernel that takes no mark there leaves it to the tasks in a group to say whether it is in use. */
function mark(native: Native, group: string, holder: string | undefined): void {
  if (holder !== undefined) replaceMark(native, group, { kind: 'made', holder });
}

/** Another container of that id, under another --root or of another runtime, has such a group. */
function refuseTaken(native: Native, rdt: PlannedRdt, group: string): void {
  const found = readMark(native, group);
  const isHeld = found !== undefined && holderExists(native, found.holder);
  if (!isHeld && !named(rdt.from, group, () => hasTasks(native, group))) return;
  throw new TsruncError('config', `the resctrl group ${group} is another container's`, {
    pointer: rdt.from,
    path: group,
    hint: 'give the container another id, or name a closID to share',
  });
}

function setSchemata(native: Native, rdt: PlannedRdt, group: string, isNew: boolean): void {
  const file = `${group}/schemata`;
  if (!isNew && rdt.explicit) {
    if (schemataMatch(rdt.schemata, native.readFile(file, LIMIT))) return;
    throw new TsruncError('config', `the resctrl group ${group} is there already, with other schemata`, {
      pointer: `${rdt.from}/closID`,
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
