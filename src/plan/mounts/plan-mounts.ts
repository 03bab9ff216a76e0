/** Mounts that are added to a container that is there, or taken away from it. */

import { isBindMount } from '../../config/bind-mount.js';
import type { Mount, Spec } from '../../config/spec.js';
import { CLONE_NEWNS, MS_PRIVATE, MS_REC } from '../../native/flags.js';
import { finishHelper } from '../helper-plan.js';
import type { HostFacts } from '../host-facts.js';
import type { Plan } from '../plan.js';
import { PlanBuilder } from '../steps/builder.js';
import { helperContext } from './helper-context.js';
import { closeMounts } from './late-readonly.js';
import { checkDestination } from './mount-destination.js';
import { planMounts } from './mounts.js';
import { SourceClones } from './sources.js';

/** What may be added besides bind mounts: the other file systems would show the host's processes, queues and so on. */
const addable = ['tmpfs', 'ramfs', 'overlay'];

/**
 * Plans mounts into the mount namespace of a running container, by a process that joins nothing else of it: not its pid
 * namespace, in which it could be traced, nor its cgroup. Sources are opened in a private copy of the runtime's mounts, so that
 * what is mounted there later does not show up in the container, and the other way round. Slot 0 is the pidfd of the container.
 * @throws TsruncError 'config' or 'unsupported' with a pointer into the list, /mounts/N.
 */
export function planAddMounts(
  mounts: Mount[],
  container: { spec: Spec; id: string; bundle: string },
  facts: HostFacts,
): Plan {
  const builder = new PlanBuilder();
  const spec: Spec = { ...container.spec, mounts };
  mounts.forEach((mount, i) => {
    if (!isBindMount(mount) && !addable.includes(mount.type ?? ''))
      builder.problem(
        'unsupported',
        `/mounts/${i}/type`,
        `a running container can't be given a file system of type ${mount.type ?? 'none'}`,
        'bind mounts and tmpfs can be added',
      );
  });
  const context = helperContext(spec, { ...container, rootfs: '/' }, facts, { builder, cloneSources: true });
  const sources = new SourceClones(context);
  const pidfd = builder.runtimeSlot({ kind: 'container-pidfd', from: '' });
  builder.add('', { step: 'dumpable', value: 0 });
  builder.add('', { step: 'unshare', flags: CLONE_NEWNS });
  builder.add('', { step: 'tree-propagation', flags: BigInt(MS_REC | MS_PRIVATE) });
  const cloneAt = builder.steps.length;
  enter(builder, pidfd);
  closeMounts(planMounts(context, sources), builder);
  builder.steps.splice(cloneAt, 0, ...sources.steps);
  return finishHelper(builder);
}

/** Plans taking mounts away, the last one first. Throws as planAddMounts. */
export function planRemoveMounts(mounts: readonly Mount[]): Plan {
  const builder = new PlanBuilder();
  const pidfd = builder.runtimeSlot({ kind: 'container-pidfd', from: '' });
  builder.add('', { step: 'dumpable', value: 0 });
  enter(builder, pidfd);
  for (let i = mounts.length - 1; i >= 0; i--) {
    const mount = mounts[i]!;
    const target = checkDestination(
      mount,
      `/mounts/${i}`,
      isBindMount(mount) ? 'bind' : (mount.type ?? 'none'),
      builder,
    );
    builder.add(`/mounts/${i}`, { step: 'unmount', target });
  }
  return finishHelper(builder);
}

function enter(builder: PlanBuilder, pidfd: number): void {
  builder.add('', { step: 'join-process', pidfd, flags: CLONE_NEWNS });
  builder.add('', { step: 'adopt-root' });
}
