/** Claims the cgroups of a container before they are made. */
import { Claim } from '../../cgroup/ownership/claim.js';
import type { CgroupHost } from '../../cgroup/plan/cgroup-host.js';
import type { CgroupPlan } from '../../cgroup/plan/cgroup-plan.js';
import type { Runtime } from '../runtime.js';
import { holderOf } from '../state/claim-id.js';
import type { Lock } from '../state/lock.js';
import type { StateFile } from '../state/state-schema.js';
import { removeState } from '../state/state-store.js';
import { missingCgroupDirectories } from './cgroup-directories.js';
import { heldBy } from './other-holder.js';
import { unitState } from './systemd-unit.js';

/**
 * Notes in the state of a container, whose id is claimed, which cgroups it will have and the mark that they and its
 * resctrl group get. The lock has to be held: the previous container of that id may just now have been removed, with
 * its cgroups.
 * @param lock of the state directory
 * @returns the claim that marks the cgroups; undefined for a container without cgroups
 * @throws TsruncError 'config' for a scope that another container has; then the id is given up and the lock released
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
        ? { paths, ...unlessAll(missingCgroupDirectories(native, plan, host), paths), mark }
        : { ...unitState(native, plan, systemd), mark };
    const directories = Object.values(paths);
    return directories.length === 0 ? undefined : new Claim(native, directories, mark, (holder) => heldBy(rt, holder));
  } catch (error) {
    removeState(rt, state.id);
    lock.release();
    throw error;
  }
}

/** `made` for the state of a container; nothing where it is all of `paths`: it would be half of the file. */
function unlessAll(made: string[], paths: Readonly<Record<string, string>>): { made?: string[] } {
  const all = Object.values(paths);
  return made.length === all.length && made.every((path, i) => path === all[i]) ? {} : { made };
}

/**
 * Notes in the state what the claim found out while it marked the cgroups: whether marks work here, and which are
 * weak.
 */
export function noteClaim({ cgroup }: StateFile, claim: Claim | undefined): void {
  if (claim === undefined) return;
  if (!claim.works) cgroup.unmarked = true;
  if (Object.keys(claim.weak).length > 0) cgroup.weak = claim.weak;
}
