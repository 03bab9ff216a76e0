/** The operation `update`. */
import { TsruncError } from '../../base/error.js';
import { applyUpdate } from '../../cgroup/apply-update.js';
import { directoriesAt } from '../../cgroup/plan/container-directories.js';
import { enabling } from '../../cgroup/plan/enabling.js';
import { type CgroupUpdate, planUpdate } from '../../cgroup/plan/plan-update.js';
import { readCount } from '../../cgroup/stat-file.js';
import type { SourceFile } from '../../config/source-file.js';
import type { Resources, Spec } from '../../config/spec.js';
import { hostFacts } from '../creation/host-facts.js';
import { updateUnit } from '../creation/systemd-unit.js';
import { type SchemataChange, updateIntelRdt } from '../resctrl/intel-rdt-update.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy, writeSpecCopy } from '../state/config-copy.js';
import { lockContainer, lockExclusive } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { warnIn, warnOfPlan } from '../warnings.js';
import { requireOwnCgroups } from './own-processes.js';

/**
 * `update`: changes limits of a created, running or paused container, all of them or none. Later updates start from
 * the result.
 * @param changes the limits to change; pointers in errors are into this document
 * @param source the file that the changes are from, if any
 * @throws TsruncError 'state' "container not running"; 'config', 'unsupported' or 'system' with the pointer of the
 * field
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
    const { state, spec, present, update } = updateOf(rt, id, changes);
    const { operations, limits, resources, warnings } = update;
    warnOfPlan(warn, { warnings });
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

/** The plan of an update, and what it starts from. */
export interface UpdateExplanation {
  readonly state: StateFile;
  readonly spec: Spec;
  /** The container's resources so far. */
  readonly present: Resources;
  readonly update: CgroupUpdate;
}

/**
 * Plans what `update` would do to cgroups, and does nothing, for `explain update`.
 * @throws TsruncError as updateContainer, as far as nothing has to be done to find out
 */
export function explainUpdate(rt: Runtime, id: string, changes: Resources): UpdateExplanation {
  const lock = lockContainer(rt, id, { shared: true });
  try {
    return updateOf(rt, id, changes);
  } finally {
    lock?.release();
  }
}

function updateOf(rt: Runtime, id: string, changes: Resources): UpdateExplanation {
  const state = readState(rt, id);
  const status = containerStatus(rt, state, true);
  if (status === 'stopped' || status === 'creating')
    throw new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
  requireOwnCgroups(rt.native, state);
  const spec = readSpecCopy(rt, id);
  const present = spec.linux?.resources ?? {};
  const update = planFor(rt, state, present, changes);
  if (update.resources.memory?.checkBeforeUpdate) refuseBelowUsage(rt, state, changes.memory ?? {});
  return { state, spec, present, update };
}

function planFor(rt: Runtime, state: StateFile, present: Resources, changes: Resources): CgroupUpdate {
  const { cgroup: host } = hostFacts(rt);
  const directories = directoriesAt(state.cgroup.paths, host);
  const update = planUpdate(present, changes, directories, '');
  const mountPoint = host.unified?.mountPoint;
  if (directories.v2 === undefined || mountPoint === undefined || !directories.v2.path.startsWith(`${mountPoint}/`))
    return update;
  // On a hybrid host `create` enabled only the controllers that the limits needed then.
  const { operations } = update;
  return { ...update, operations: [...enabling(directories.v2, mountPoint, false, operations, ''), ...operations] };
}

/**
 * Refuses a limit below the present usage: v2 would kill processes until the rest fits. v1 refuses such a limit
 * itself.
 */
function refuseBelowUsage(rt: Runtime, state: StateFile, { limit, swap }: NonNullable<Resources['memory']>): void {
  const directory = state.cgroup.paths[''];
  const usage = directory === undefined ? undefined : readCount(rt.native, directory, 'memory.current');
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
