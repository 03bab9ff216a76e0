import { TsruncError, withFields } from '../../base/error.js';
import { unescapePath } from '../../base/mountinfo.js';
import { cleanPath } from '../../base/path.js';
import { quote } from '../../base/quote.js';
import type { SourceFile } from '../../config/source-file.js';
import type { Mount } from '../../config/spec.js';
import { CLONE_NEWNS } from '../../native/flags.js';
import { planAddMounts, planRemoveMounts } from '../../plan/mounts/plan-mounts.js';
import type { Plan } from '../../plan/plan.js';
import { hostFacts } from '../creation/host-facts.js';
import { otherNamespaces } from '../exec/exec-namespaces.js';
import { openProcess } from '../init/alive.js';
import { runHelper } from '../init/helper-process.js';
import type { Runtime } from '../runtime.js';
import { readSpecCopy } from '../state/config-copy.js';
import { lockExclusive } from '../state/lock.js';
import { stateFolder } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';
import { readState } from '../state/state-store.js';
import { containerStatus } from '../state/status.js';
import { warnIn, warnOfPlan } from '../warnings.js';

/**
 * `mounts add`: mounts into the mount namespace of a created, running or paused container, all or none; but what a link in the
 * container has led elsewhere stays, with a warning.
 * @param source where they stand, if in a file
 * @throws TsruncError 'state' "container not running", or of a mount, with its pointer /mounts/N
 */
export function addMounts(rt: Runtime, id: string, mounts: Mount[], source?: SourceFile): void {
  inContainer(rt, id, ({ bundle, pid }, carryOut) => {
    const plan = planAddMounts(mounts, { spec: readSpecCopy(rt, id), id, bundle }, hostFacts(rt));
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
 * `mounts remove`: takes mounts away, the last one first, with what is mounted below them. Throws as addMounts; those that it has taken
 * away by then are gone.
 */
export function removeMounts(rt: Runtime, id: string, mounts: readonly Mount[]): void {
  inContainer(rt, id, (_, carryOut) => carryOut(planRemoveMounts(mounts)));
}

/** A mount of a process's namespace, with its place as the process sees it. */
interface Mounted {
  readonly parent: string;
  readonly place: string;
}

/** What is mounted in a process's namespace, by the numbers of the mounts. proc_pid_mountinfo(5). */
function mountTable({ native }: Runtime, pid: number): Map<string, Mounted> {
  const lines = native.readFile(`/proc/${pid}/mountinfo`, 1 << 26).split('\n');
  return new Map(
    lines
      .map((line) => line.split(' '))
      .map(([number = '', parent = '', , , place = '']) => [number, { parent, place: unescapePath(place) }]),
  );
}

/**
 * The places of what has been mounted since: one for each mount, but for those that came with the one that they are below. A place
 * has as many on top of what was there before.
 */
function newPlaces(before: ReadonlyMap<string, Mounted>, after: ReadonlyMap<string, Mounted>): string[] {
  const since = new Map([...after].filter(([number]) => !before.has(number)));
  return [...since.values()]
    .filter(({ parent, place }) => (since.get(parent)?.place ?? place) === place)
    .map(({ place }) => place);
}

/**
 * Of an addition that has failed. Never more than it has put there: what is below may be what hides or protects the place.
 * What can't be removed is a warning.
 */
function removeAdded(
  rt: Runtime,
  mounts: readonly Mount[],
  places: readonly string[],
  act: (plan: Plan) => void,
): void {
  const at = (place: string) => mounts.find(({ destination }) => cleanPath(destination) === place);
  const added = places.map(at).filter((mount) => mount !== undefined);
  const others = places.filter((place) => at(place) === undefined);
  // Its own, by a link in its destination, or another command's.
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

function inContainer(rt: Runtime, id: string, act: (state: StateFile, carryOut: (plan: Plan) => void) => void): void {
  // One at a time: the undoing of an addition goes by what has come since.
  const lock = lockExclusive(rt, id);
  try {
    const state = readState(rt, id);
    const status = containerStatus(rt, state, true);
    const pidfd = status === 'stopped' || status === 'creating' ? null : openProcess(rt.native, state);
    if (pidfd === null) throw new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
    try {
      // Never into the host's own.
      if ((otherNamespaces(rt.native, state.pid) & CLONE_NEWNS) === 0)
        throw new TsruncError('unsupported', 'the container has no mount namespace of its own');
      act(state, (plan) => runHelper(rt, plan, { folder: stateFolder(rt, id), pidfd }));
    } finally {
      rt.native.close(pidfd);
    }
  } finally {
    lock.release();
  }
}
