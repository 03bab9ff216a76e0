/** Plans helpers that mount: in a running container, and to make the mount points of one that is restored. */
import { isBindMount } from '../../config/bind-mount.js';
import { meaningOf } from '../../config/mount-options.js';
import type { Mount, Spec } from '../../config/spec.js';
import { CLONE_NEWNS, MOUNT_ATTR_RDONLY, MS_PRIVATE, MS_REC } from '../../native/flags.js';
import { beginHelper, finishHelper } from '../helper-plan.js';
import type { HostFacts } from '../host-facts.js';
import type { ProcessPlan } from '../plan.js';
import type { PlanBuilder } from '../steps/builder.js';
import { helperContext } from './helper-context.js';
import { closeMounts } from './late-readonly.js';
import { checkDestination, withInnerDestinations } from './mount-destination.js';
import { planMounts } from './mounts.js';
import { planOpenRoot } from './rootfs.js';
import { SourceClones } from './sources.js';

/**
 * The types that may be added besides bind mounts. The others (proc, mqueue) would show the host's processes, queues
 * and so on.
 */
const addable = ['tmpfs', 'ramfs', 'overlay'];

/**
 * Plans mounts in a running container. The helper joins only its mount namespace: in the pid namespace it could be
 * traced, and in the cgroup it would count. It opens the sources in a private copy of the runtime's mounts, so that
 * later mounts there don't propagate to the container, nor the container's to the host. Slot 0 takes the pidfd of the
 * container's process.
 * @throws TsruncError 'config' or 'unsupported' with a pointer into the list, /mounts/N.
 */
export function planAddMounts(
  mounts: Mount[],
  container: { spec: Spec; bundle: string },
  facts: HostFacts,
): ProcessPlan {
  const builder = beginHelper();
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
  const context = helperContext({ spec, bundle: container.bundle, rootfs: '/', facts, builder, cloneSources: true });
  const sources = new SourceClones(context);
  const pidfd = builder.runtimeSlot({ kind: 'container-pidfd', pointer: '' });
  builder.add('', { step: 'unshare', flags: CLONE_NEWNS });
  builder.add('', { step: 'tree-propagation', flags: BigInt(MS_REC | MS_PRIVATE) });
  const cloneAt = builder.steps.length;
  enterContainer(builder, pidfd);
  closeMounts(planMounts(context, sources), builder);
  builder.steps.splice(cloneAt, 0, ...sources.steps);
  return finishHelper(builder);
}

/**
 * Plans the removal of mounts from a running container, the last one first. Slot 0 takes the pidfd of the container's
 * process.
 * @throws TsruncError as planAddMounts
 */
export function planRemoveMounts(mounts: readonly Mount[]): ProcessPlan {
  const builder = beginHelper();
  const pidfd = builder.runtimeSlot({ kind: 'container-pidfd', pointer: '' });
  enterContainer(builder, pidfd);
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

/**
 * Plans a helper that makes the mount points of a container in its root file system, since criu mounts there but
 * makes none. It mounts what the configuration asks for in its own mount namespace, which makes missing mount points
 * on the way, and waits to be killed; its mounts vanish with it. Instead of every file system except bind mounts,
 * /proc and /sys it mounts an empty tmpfs: the mount points inside those are in criu's images.
 * @param given the container's configuration
 * @throws TsruncError 'config' or 'unsupported' as planContainer
 */
export function planMountPoints(
  given: Spec,
  { bundle, rootfs }: { bundle: string; rootfs: string },
  facts: HostFacts,
): ProcessPlan {
  const builder = beginHelper();
  const spec = withInnerDestinations(given, rootfs);
  const mounts = (spec.mounts ?? []).flatMap(standIn);
  const outline: Spec = { ...spec, mounts, linux: { namespaces: [{ type: 'mount' }] } };
  delete outline.hooks;
  const context = helperContext({ spec: outline, bundle, rootfs, facts, builder, cloneSources: false });
  const sources = new SourceClones(context);
  builder.add('', { step: 'unshare', flags: CLONE_NEWNS });
  planOpenRoot(context, sources);
  planMounts(context, sources);
  return finishHelper(builder);
}

/** What is mounted instead of a mount: nothing for cgroups, whose mount point exists in /sys, and for a remount. */
function standIn({ destination, type, source, options = [] }: Mount): Mount[] {
  if (type === 'cgroup' || options.includes('remount')) return [];
  const mount: Mount = {
    destination,
    ...(type !== undefined && { type }),
    ...(source !== undefined && { source }),
    options,
  };
  if (!isBindMount(mount)) {
    // Only these types may be mounted at /proc and /sys.
    const real = type === 'proc' || type === 'sysfs' ? type : 'tmpfs';
    return [{ destination, type: real, source: real }];
  }
  // `ro` is kept: a symlink of the container may lead a later mount point into this directory of the host. Nothing
  // else matters.
  const bind = options.includes('rbind') || type === 'rbind' ? 'rbind' : 'bind';
  const access = options.filter(isAccess);
  return [{ destination, type: 'bind', source: source ?? '', options: [bind, ...access] }];
}

/** True for `ro`, `rw` and their recursive forms. */
function isAccess(option: string): boolean {
  const meaning = meaningOf(option);
  return meaning?.kind === 'attribute' && ((meaning.set | meaning.clear) & MOUNT_ATTR_RDONLY) !== 0;
}

/** Joins the container's mount namespace only. Paths start from the container's root afterwards. */
function enterContainer(builder: PlanBuilder, pidfd: number): void {
  builder.add('', { step: 'join-process', pidfd, flags: CLONE_NEWNS });
  builder.add('', { step: 'adopt-root' });
}
