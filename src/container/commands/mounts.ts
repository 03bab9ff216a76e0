/** The operations `mounts add` and `mounts remove` on an existing container. */
import { TsruncError, withFields } from '../../base/error.js';
import { unescapePath } from '../../base/mountinfo.js';
import { cleanPath } from '../../base/path.js';
import { quote } from '../../base/quote.js';
import type { SourceFile } from '../../config/source-file.js';
import type { Mount } from '../../config/spec.js';
import { CLONE_NEWNS } from '../../native/flags.js';
import { planAddMounts, planRemoveMounts } from '../../plan/mounts/helper-mounts.js';
import type { ProcessPlan } from '../../plan/plan.js';
import { hostFacts } from '../creation/host-facts.js';
import { otherNamespaces } from '../exec/exec-namespaces.js';
import { runHelper } from '../init/helper-process.js';
import { openProcess } from '../init/process-id.js';
import { stoppedMeanwhile } from '../init/stopped-meanwhile.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import { lockExclusive } from '../state/lock.js';
import { stateDirectory } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { warnIn, warnOfPlan } from '../warnings.js';

/**
 * `mounts add`: adds mounts to a created, running or paused container. If one fails the others are removed again,
 * except one that a symlink in the container has led elsewhere, which stays with a warning.
 * @param source the file that the mounts are from, if any
 * @throws TsruncError 'state' "container not running", or the error of a mount, with its pointer /mounts/N
 */
export function addMounts(rt: Runtime, id: string, mounts: Mount[], source?: SourceFile): void {
  inContainer(rt, id, ({ bundle, pid }, carryOut) => {
    const plan = planAddMounts(mounts, { spec: readSpecCopy(rt, id), bundle }, hostFacts(rt));
    warnOfPlan(warnIn(rt, source), plan);
    const before = mountTable(rt, pid);
    try {
      carryOut(plan);
    } catch (error) {
      removeAdded(rt, mounts, newPlaces(before, mountTable(rt, pid)), carryOut);
      throw error;
    }
  });
}

/**
 * `mounts remove`: removes mounts, the last one first, with everything mounted below them.
 * @throws TsruncError as addMounts; mounts that were removed before the error stay removed
 */
export function removeMounts(rt: Runtime, id: string, mounts: readonly Mount[]): void {
  inContainer(rt, id, (_, carryOut) => carryOut(planRemoveMounts(mounts)));
}

/** A mount: the id of its parent, and its mount point as the process sees it. */
interface Mounted {
  readonly parent: string;
  readonly place: string;
}

/** The mounts in a process's mount namespace by their ids (proc_pid_mountinfo(5)). */
function mountTable({ native }: Runtime, pid: number): Map<string, Mounted> {
  const lines = native.readFile(`/proc/${pid}/mountinfo`, 1 << 26).split('\n');
  return new Map(
    lines
      .map((line) => line.split(' '))
      .map(([number = '', parent = '', , , place = '']) => [number, { parent, place: unescapePath(place) }]),
  );
}

/**
 * The mount points of the mounts added between two tables, an entry for each, without those that came along as part
 * of another new mount. A path appears as often as there are new mounts on it.
 */
function newPlaces(before: ReadonlyMap<string, Mounted>, after: ReadonlyMap<string, Mounted>): string[] {
  const since = new Map([...after].filter(([number]) => !before.has(number)));
  return [...since.values()]
    .filter(({ parent, place }) => (since.get(parent)?.place ?? place) === place)
    .map(({ place }) => place);
}

/**
 * Removes the mounts of a failed addition, and never more than it added: an older mount at the same place may mask or
 * protect something. What can't be removed is a warning.
 */
function removeAdded(
  rt: Runtime,
  mounts: readonly Mount[],
  places: readonly string[],
  act: (plan: ProcessPlan) => void,
): void {
  const at = (place: string) => mounts.find(({ destination }) => cleanPath(destination) === place);
  const added = places.map(at).filter((mount) => mount !== undefined);
  const others = places.filter((place) => at(place) === undefined);
  // Mounts elsewhere are either ours, led there by a symlink in the destination, or somebody else's.
  if (others.length > 0 && mounts.some(({ destination }) => !places.includes(cleanPath(destination))))
    rt.warn(new TsruncError('system', `what was mounted meanwhile at ${others.map(quote).join(', ')} stays`));
  if (added.length === 0) return;
  try {
    act(planRemoveMounts(added));
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    rt.warn(withFields(error, {}, `removing what was mounted: ${error.message}`));
  }
}

function inContainer(
  rt: Runtime,
  id: string,
  act: (state: StateFile, carryOut: (plan: ProcessPlan) => void) => void,
): void {
  // Exclusive, because undoing an addition depends on which mounts are new.
  const lock = lockExclusive(rt, id);
  try {
    const state = readState(rt, id);
    const status = containerStatus(rt, state, true);
    const pidfd = status === 'stopped' || status === 'creating' ? null : openProcess(rt.native, state);
    if (pidfd === null) throw new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
    try {
      // The mounts must never be made in the host's mount namespace.
      if ((otherNamespaces(rt.native, state.pid) & CLONE_NEWNS) === 0)
        throw new TsruncError('unsupported', 'the container has no mount namespace of its own');
      act(state, (plan) => runHelper(rt, plan, { directory: stateDirectory(rt, id), pidfd }));
    } catch (error) {
      throw stoppedMeanwhile(rt.native, state, `container ${JSON.stringify(id)}: container not running`, error);
    } finally {
      rt.native.close(pidfd);
    }
  } finally {
    lock.release();
  }
}
