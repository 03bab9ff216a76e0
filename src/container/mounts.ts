import type { SourceFile } from '../config/source-file.js';
import type { Mount } from '../config/spec.js';
import { TsruncError } from '../error.js';
import { CLONE_NEWNS } from '../native/flags.js';
import type { Plan } from '../plan/plan.js';
import { planAddMounts, planRemoveMounts } from '../plan/plan-mounts.js';
import { openProcess } from './alive.js';
import { readSpecCopy } from './config-copy.js';
import { otherNamespaces } from './exec-namespaces.js';
import { runHelper } from './helper-process.js';
import { hostFacts } from './host-facts.js';
import { lockContainer } from './lock.js';
import { stateFolder } from './paths.js';
import type { Runtime } from './runtime.js';
import type { StateFile } from './state-schema.js';
import { readState } from './state-store.js';
import { containerStatus } from './status.js';
import { warnIn, warnOfPlan } from './warnings.js';

/**
 * `mounts add`: mounts into the mount namespace of a created, running or paused container.
 * @param source where they stand, if in a file
 * @throws TsruncError 'state' "container not running", or of a mount, with its pointer /mounts/N; those before it stay.
 */
export function addMounts(rt: Runtime, id: string, mounts: Mount[], source?: SourceFile): void {
  inContainer(rt, id, ({ bundle }) => {
    const plan = planAddMounts(mounts, { spec: readSpecCopy(rt, id), id, bundle }, hostFacts(rt));
    warnOfPlan(warnIn(rt, source), plan);
    return plan;
  });
}

/** `mounts remove`: takes mounts away, with what is mounted below them. Throws as addMounts. */
export function removeMounts(rt: Runtime, id: string, mounts: readonly Mount[]): void {
  inContainer(rt, id, () => planRemoveMounts(mounts));
}

function inContainer(rt: Runtime, id: string, planOf: (state: StateFile) => Plan): void {
  const lock = lockContainer(rt, id, { shared: true });
  try {
    const state = readState(rt, id);
    const status = containerStatus(rt, state, true);
    const pidfd = status === 'stopped' || status === 'creating' ? null : openProcess(rt.native, state);
    if (pidfd === null) throw new TsruncError('state', `container ${JSON.stringify(id)}: container not running`);
    try {
      // Never into the host's own.
      if ((otherNamespaces(rt.native, state.pid) & CLONE_NEWNS) === 0)
        throw new TsruncError('unsupported', 'the container has no mount namespace of its own');
      runHelper(rt, planOf(state), { folder: stateFolder(rt, id), pidfd });
    } finally {
      rt.native.close(pidfd);
    }
  } finally {
    lock?.release();
  }
}
