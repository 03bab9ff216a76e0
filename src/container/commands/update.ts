import { TsruncError } from '../../base/error.js';
import { applyUpdate } from '../../cgroup/apply-update.js';
import type { CgroupHost } from '../../cgroup/plan/cgroup-host.js';
import type { ContainerFolders } from '../../cgroup/plan/limits.js';
import { enabling } from '../../cgroup/plan/plan-cgroup.js';
import { type CgroupUpdate, planUpdate } from '../../cgroup/plan/plan-update.js';
import { readCount } from '../../cgroup/stat-file.js';
import type { SourceFile } from '../../config/source-file.js';
import type { Resources } from '../../config/spec.js';
import { hostFacts } from '../creation/host-facts.js';
import { updateUnit } from '../creation/systemd-unit.js';
import { type SchemataChange, updateIntelRdt } from '../resctrl/intel-rdt-update.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy, writeSpecCopy } from '../state/config-copy.js';
import { lockExclusive } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { warnIn, warnOfPlan } from '../warnings.js';
import { requireOwnCgroups } from './own-processes.js';

/**
 * `update`: changes limits of a created, running or paused container, all of them or none. What it has then is what later
 * updates start from.
 * @param changes what is to change; pointers in errors are into this document
 * @param source where they stand, if in a file
 * @throws TsruncError 'state' "container not running"; 'config', 'unsupported' or 'system' with the pointer of the field
 */
export function updateContainer(
  rt: Runtime,
  id: string,
  changes: Resources,
  schemata: SchemataChange = {},
  source?: SourceFile,
): void {
  const warn = warnIn(rt, source);
  const lock = lockExclusive(rt, id);
  try {
    const state = readState(rt, id);
    const status = containerStatus(rt, state, true);
    if (status === 'stopped' || status === 'creating')
      throw new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
    requireOwnCgroups(rt.native, state);
    const spec = readSpecCopy(rt, id);
    const present = spec.linux?.resources ?? {};
    const { operations, limits, resources, warnings } = planFor(rt, state, present, changes);
    warnOfPlan(warn, { warnings });
    if (resources.memory?.checkBeforeUpdate) refuseBelowUsage(rt, state, changes.memory ?? {});
    if (state.cgroup.systemd === undefined) applyUpdate(rt.native, operations, warn);
    else updateUnit(rt, state.cgroup, present, limits, operations, warn);
    const intelRdt = updateIntelRdt(rt, state, spec.linux?.intelRdt, schemata);
    writeSpecCopy(rt, id, {
      ...spec,
      linux: { ...spec.linux, resources, ...(intelRdt === undefined ? {} : { intelRdt }) },
    });
  } finally {
    lock.release();
  }
}

function planFor(rt: Runtime, state: StateFile, present: Resources, changes: Resources): CgroupUpdate {
  const { cgroup: host } = hostFacts(rt);
  const folders = foldersOf(state.cgroup.paths, host);
  const update = planUpdate(present, changes, folders, '');
  const mountPoint = host.unified?.mountPoint;
  if (folders.v2 === undefined || mountPoint === undefined || !folders.v2.path.startsWith(`${mountPoint}/`))
    return update;
  // `create` on a hybrid host enables the controllers that its limits need, and no more.
  const { operations } = update;
  return { ...update, operations: [...enabling(folders.v2, mountPoint, false, operations, ''), ...operations] };
}

function foldersOf(paths: Readonly<Record<string, string>>, host: CgroupHost): ContainerFolders {
  const v1: Record<string, string> = {};
  for (const [key, folder] of Object.entries(paths)) for (const name of key.split(',')) if (name) v1[name] = folder;
  const absent =
    Object.keys(paths).length > 0 ? "isn't there on this host" : "can't be used: the container has no cgroup";
  const v2 = paths[''];
  return v2 === undefined
    ? { v1, absent }
    : { v1, v2: { path: v2, controllers: host.unified?.controllers ?? [] }, absent };
}

/** v2 would kill processes until the rest fits into the new limit; v1 refuses by itself. */
function refuseBelowUsage(rt: Runtime, state: StateFile, { limit, swap }: NonNullable<Resources['memory']>): void {
  const folder = state.cgroup.paths[''];
  const usage = folder === undefined ? undefined : readCount(rt.native, folder, 'memory.current');
  if (usage === undefined) return;
  const refuse = (what: string, pointer: string) => {
    throw new TsruncError('state', `rejecting ${what} <= usage ${usage}`, {
      pointer,
      hint: 'checkBeforeUpdate asks for this',
    });
  };
  if (swap !== undefined && swap > 0 && swap <= usage) refuse(`memory+swap limit ${swap}`, '/memory/swap');
  if (limit !== undefined && limit > 0 && limit <= usage) refuse(`memory limit ${limit}`, '/memory/limit');
}
