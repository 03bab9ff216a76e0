import { cleanPath, isAtOrBelow } from '../../base/path.js';
import { isBindMount } from '../../config/bind-mount.js';
import { withInlineIdMap } from '../../config/inline-id-map.js';
import { type MountOptions, readMountOptions } from '../../config/mount-options.js';
import type { Mount } from '../../config/spec.js';
import { MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import type { ContainerContext } from '../container-context.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { NO_SLOT } from '../steps/step-table.js';
import { isCgroupMount, planCgroupMount } from './cgroup-mount.js';
import { planFileSystem, wholeAttributes } from './file-system-mount.js';
import { strictTargets } from './fixed-places.js';
import { hideCgroups, hostSysfs, lacksSysfs } from './host-sysfs.js';
import type { LateReadonly } from './late-readonly.js';
import { checkDestination, pathInRoot } from './mount-destination.js';
import { bindStep } from './mount-steps.js';
import { mapsIds, needMountNamespace, type PlannedMount } from './planned-mount.js';
import { planRemount } from './remount.js';
import type { SourceClones } from './sources.js';

/** Steps for mounts[] in order. Returns those to make read-only at the end. */
export function planMounts(context: ContainerContext, sources: SourceClones): LateReadonly[] {
  const late: LateReadonly[] = [];
  (context.spec.mounts ?? []).forEach((mount, i) => {
    planMount(context, sources, withInlineIdMap(mount, context.spec.linux), `/mounts/${i}`, late);
  });
  return late;
}

function planMount(
  context: ContainerContext,
  sources: SourceClones,
  mount: Mount,
  from: string,
  late: LateReadonly[],
): void {
  const { builder } = context;
  const options = readMountOptions(mount.options ?? []);
  if (mount.type === 'sysfs' && !isBindMount(mount) && !options.remount && lacksSysfs(context)) {
    planHostSysfs(context, sources, mount, options, from);
    return;
  }
  const isBind = isBindMount(mount);
  const type = isBind ? 'bind' : (mount.type ?? 'none');
  const target = checkDestination(mount, from, type, builder);
  if (isBind && target === '/sys') closeSysfs(context, mount, options);
  const keep = options.propagations.length > 0 && !options.remount ? builder.stepSlot() : NO_SLOT;
  const planned: PlannedMount = { context, sources, mount, options, target, from, keep };
  if (options.remount) planRemount(planned, isBind);
  else if (isBind) planBind(planned);
  else if (isCgroupMount(type, context)) planCgroupMount(planned);
  else planFileSystem(planned, type, late);
  if (options.propagations.length > 0 || options.remount)
    needMountNamespace(context, `${from}/options`, 'propagation and remount');
  for (const flags of options.propagations) {
    builder.add(from, { step: 'mount-propagation', mount: keep, target, flags: BigInt(flags) });
  }
}

function planHostSysfs(
  context: ContainerContext,
  sources: SourceClones,
  asked: Mount,
  given: MountOptions,
  from: string,
): void {
  const { builder } = context;
  if ((wholeAttributes(given) & MOUNT_ATTR_RDONLY) === 0) {
    const hint = 'give it a network namespace, or the option ro: then the /sys of the host is bound';
    const text = 'a user namespace without a network namespace of its own can mount no sysfs';
    builder.problem('unsupported', `${from}/type`, text, hint);
    return;
  }
  const target = checkDestination(asked, from, 'sysfs', builder);
  const { mount, options } = hostSysfs(asked, given, from, context);
  const keep = options.propagations.length > 0 ? builder.stepSlot() : NO_SLOT;
  if (given.propagations.length > 0) needMountNamespace(context, `${from}/options`, 'propagation');
  planBind({ context, sources, mount, options, target, from, keep });
  for (const flags of options.propagations)
    builder.add(from, { step: 'mount-propagation', mount: keep, target, flags: BigInt(flags) });
  hideCgroups(context, target, from);
}

/**
 * The whole of /sys, bound read-only into a rootless container or a user namespace, brings the cgroups of the caller, which it
 * may write to: `ro` counts for all that is below there (CVE-2023-25809).
 */
function closeSysfs({ facts, user, namespaces }: ContainerContext, mount: Mount, options: MountOptions): void {
  const recursive = options.bind?.recursive ?? mount.type === 'rbind';
  const shared = (facts.rootless || user.kind !== 'none') && hasOwn(namespaces, 'mount');
  if (recursive && shared && (options.set & MOUNT_ATTR_RDONLY) !== 0) options.recursiveSet |= MOUNT_ATTR_RDONLY;
}

function planBind({ context, sources, mount, options, target, from, keep }: PlannedMount): void {
  const { builder } = context;
  if (mount.source === undefined || mount.source === '') {
    builder.problem('config', `${from}/source`, 'a bind mount needs a source');
    return;
  }
  const recursive = options.bind?.recursive ?? mount.type === 'rbind';
  const source = mount.source.startsWith('/') ? mount.source : `${context.options.bundle}/${mount.source}`;
  let idmap: { slot: number; recursive: boolean } | undefined;
  if (mapsIds(mount)) {
    if (context.user.unprivileged) {
      builder.problem(
        'unsupported',
        from,
        'an id-mapped mount needs root',
        'remove idmap, uidMappings and gidMappings',
      );
    } else {
      idmap = { slot: sources.userNamespace(mount, from), recursive: options.idmap?.recursive ?? false };
    }
  }
  const inner = pathInRoot(source, context.options.rootfs);
  const covered = inner !== undefined && earlierTargets(context, from).some((other) => isAtOrBelow(inner, other));
  const how = { ...(idmap && { idmap }), noFollow: options.sourceNoFollow || options.copyLink };
  const tree = covered
    ? sources.openInRoot(`${from}/source`, inner, recursive, how)
    : sources.open(`${from}/source`, source, recursive, how);
  builder.add(
    from,
    bindStep({
      tree,
      source,
      recursive: recursive ? 1 : 0,
      target,
      setAttributes: BigInt(options.set),
      clearAttributes: BigInt(options.clear),
      recursiveSet: BigInt(options.recursiveSet),
      recursiveClear: BigInt(options.recursiveClear),
      mustBeDirectory: strictTargets.includes(target) ? 1 : 0,
      keep,
      sourceNoFollow: options.sourceNoFollow ? 1 : 0,
      copyLink: options.copyLink ? 1 : 0,
      targetNoFollow: options.targetNoFollow ? 1 : 0,
    }),
  );
}

/** Where the mounts before the one at pointer `from` go. */
function earlierTargets({ spec }: ContainerContext, from: string): string[] {
  const index = Number(from.slice(from.lastIndexOf('/') + 1));
  return (spec.mounts ?? []).slice(0, index).map(({ destination }) => cleanPath(destination));
}
