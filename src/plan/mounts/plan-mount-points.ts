/** The mount points of a container that is restored: criu mounts, but makes no mount points. */
import { isBindMount } from '../../config/bind-mount.js';
import type { Mount, Spec } from '../../config/spec.js';
import { CLONE_NEWNS } from '../../native/flags.js';
import { finishHelper } from '../helper-plan.js';
import type { HostFacts } from '../host-facts.js';
import type { Plan } from '../plan.js';
import { PlanBuilder } from '../steps/builder.js';
import { helperContext } from './helper-context.js';
import { withInnerDestinations } from './mount-destination.js';
import { planMounts } from './mounts.js';
import { planOpenRoot } from './rootfs.js';
import { SourceClones } from './sources.js';

/**
 * Plans a process that mounts what the configuration asks for in a mount namespace of its own, for the sake of the mount points
 * that are made on the way; then it waits to be killed, and the mounts go with it. Every file system but bind mounts, /proc
 * and /sys is an empty tmpfs: what would be made in it is in criu's images.
 * @throws TsruncError 'config' or 'unsupported' as planContainer.
 */
export function planMountPoints(
  given: Spec,
  container: { id: string; bundle: string; rootfs: string },
  facts: HostFacts,
): Plan {
  const builder = new PlanBuilder();
  const spec = withInnerDestinations(given, container.rootfs);
  const mounts = (spec.mounts ?? []).flatMap(standIn);
  const outline: Spec = { ...spec, mounts, linux: { namespaces: [{ type: 'mount' }] } };
  delete outline.hooks;
  const context = helperContext(outline, container, facts, { builder, cloneSources: false });
  const sources = new SourceClones(context);
  builder.add('', { step: 'dumpable', value: 0 });
  builder.add('', { step: 'unshare', flags: CLONE_NEWNS });
  planOpenRoot(context, sources);
  planMounts(context, sources);
  return finishHelper(builder);
}

/** What is mounted in place of a mount. A cgroup file system lies in /sys, which is there; a remount makes nothing. */
function standIn({ destination, type, source, options = [] }: Mount): Mount[] {
  if (type === 'cgroup' || options.includes('remount')) return [];
  const mount: Mount = {
    destination,
    ...(type !== undefined && { type }),
    ...(source !== undefined && { source }),
    options,
  };
  if (!isBindMount(mount)) {
    // Nothing else may go over /proc and /sys.
    const real = type === 'proc' || type === 'sysfs' ? type : 'tmpfs';
    return [{ destination, type: real, source: real }];
  }
  // Read-only it stays: a symlink of the container may lead a later mount point into it. No other attribute matters here.
  const bind = options.includes('rbind') || type === 'rbind' ? 'rbind' : 'bind';
  const access = options.filter((word) => ['ro', 'rw', 'rro', 'rrw'].includes(word));
  return [{ destination, type: 'bind', source: source ?? '', options: [bind, ...access] }];
}
