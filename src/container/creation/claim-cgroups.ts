import { Claim } from '../../cgroup/ownership/claim.js';
import type { CgroupHost } from '../../cgroup/plan/cgroup-host.js';
import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { Runtime } from '../runtime.js';
import { holderOf } from '../state/claim-id.js';
import type { Lock } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { removeState } from '../state/state-store.js';
import { missingCgroupFolders } from './cgroup-folders.js';
import { heldBy } from './other-holder.js';
import { unitState } from './systemd-unit.js';

/**
 * Has the state of a container whose id was claimed say what its cgroups are going to be, and what they (and its resctrl group) are marked
 * with. Under the lock: the last container of that id may have left just now, and its cgroups with it.
 * @param lock of its folder
 * @returns what marks them; undefined for a container without cgroups
 * @throws TsruncError 'config' for a scope that is another's; then the claim is given up, and the lock released
 */
export function claimCgroups(
  rt: Runtime,
  lock: Lock,
  state: StateFile,
  plan: CgroupPlan,
  host: CgroupHost,
): Claim | undefined {
  const { native } = rt;
  try {
    const mark = holderOf(rt, lock, state);
    const { paths, systemd } = plan;
    state.cgroup =
      systemd === undefined
        ? { paths, made: missingCgroupFolders(native, plan, host), mark }
        : { ...unitState(native, plan, systemd), mark };
    const folders = Object.values(paths);
    return folders.length === 0 ? undefined : new Claim(native, folders, mark, (holder) => heldBy(rt, holder));
  } catch (error) {
    removeState(rt, state.id);
    lock.release();
    throw error;
  }
}

/** Has the state say what is to be known of the marks that a claim has set. */
export function noteClaim({ cgroup }: StateFile, claim: Claim | undefined): void {
  if (claim === undefined) return;
  if (!claim.works) cgroup.unmarked = true;
  if (Object.keys(claim.weak).length > 0) cgroup.weak = claim.weak;
}
