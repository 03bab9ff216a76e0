/** mounts[]: decides of which kind each mount is, and plans the bind mounts. */
import { cleanPath, isAtOrBelow } from '../../base/path.js';
import { isBindMount } from '../../config/bind-mount.js';
import { withInlineIdMap } from '../../config/inline-id-map.js';
import { type MountOptions, readMountOptions } from '../../config/mount-options.js';
import { INLINE_IDMAP, optionKinds } from '../../config/option-kinds.js';
import type { Mount } from '../../config/spec.js';
import { MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { NO_SLOT } from '../steps/step-table.js';
import { isCgroupMount, planCgroupMount } from './cgroup-mount.js';
import { planFileSystem, wholeAttributes } from './file-system-mount.js';
import { strictTargets } from './fixed-places.js';
import { hideCgroups, hostSysfs, lacksSysfs } from './host-sysfs.js';
import type { LateReadonly } from './late-readonly.js';
import type { MountContext } from './mount-context.js';
import { checkDestination, pathInRoot } from './mount-destination.js';
import { bindStep } from './mount-steps.js';
import { mapsIds, needMountNamespace, type PlannedMount } from './planned-mount.js';
import { planRemount } from './remount.js';
import type { SourceClones } from './sources.js';

/**
 * Adds the steps for mounts[] in order, to follow the one that opens the root file system. Mistakes are noted as
 * problems.
 * @param sources gets the steps for sources that have to be opened earlier
 * @returns the mounts to make read-only at the end, for closeMounts
 */
export function planMounts(context: MountContext, sources: SourceClones): LateReadonly[] {
  const late: LateReadonly[] = [];
  (context.spec.mounts ?? []).forEach((mount, i) => {
    const hasOwnMap = (optionKinds(mount.options) & INLINE_IDMAP) !== 0;
    planMount(context, sources, hasOwnMap ? withInlineIdMap(mount, context.spec.linux) : mount, `/mounts/${i}`, late);
  });
  return late;
}

function planMount(
  context: MountContext,
  sources: SourceClones,
  mount: Mount,
  pointer: string,
  late: LateReadonly[],
): void {
  const { builder } = context;
  const options = readMountOptions(mount.options ?? []);
  if (mount.type === 'sysfs' && !options.remount && lacksSysfs(context) && !isBindMount(mount)) {
    planHostSysfs(context, sources, mount, options, pointer);
    return;
  }
  const isBind = isBindMount(mount);
  const type = isBind ? 'bind' : (mount.type ?? 'none');
  const target = checkDestination(mount, pointer, type, builder);
  if (isBind && target === '/sys') closeSysfs(context, mount, options);
  const keep = options.propagations.length > 0 && !options.remount ? builder.stepSlot() : NO_SLOT;
  const planned: PlannedMount = { context, sources, mount, options, target, pointer, keep };
  if (options.remount) planRemount(planned, isBind);
  else if (isBind) planBind(planned);
  else if (isCgroupMount(type, context)) planCgroupMount(planned);
  else planFileSystem(planned, type, late);
  if (options.propagations.length > 0 || options.remount)
    needMountNamespace(context, `${pointer}/options`, 'propagation and remount');
  for (const flags of options.propagations) {
    builder.add(pointer, { step: 'mount-propagation', mount: keep, target, flags: BigInt(flags) });
  }
}

function planHostSysfs(
  context: MountContext,
  sources: SourceClones,
  asked: Mount,
  given: MountOptions,
  pointer: string,
): void {
  const { builder } = context;
  if ((wholeAttributes(given) & MOUNT_ATTR_RDONLY) === 0) {
    const hint = 'give it a network namespace, or the option ro: then the /sys of the host is bound';
    const text = 'a user namespace without a network namespace of its own can mount no sysfs';
    builder.problem('unsupported', `${pointer}/type`, text, hint);
    return;
  }
  const target = checkDestination(asked, pointer, 'sysfs', builder);
  const { mount, options } = hostSysfs(asked, given, pointer, context);
  const keep = options.propagations.length > 0 ? builder.stepSlot() : NO_SLOT;
  if (given.propagations.length > 0) needMountNamespace(context, `${pointer}/options`, 'propagation');
  planBind({ context, sources, mount, options, target, pointer, keep });
  for (const flags of options.propagations)
    builder.add(pointer, { step: 'mount-propagation', mount: keep, target, flags: BigInt(flags) });
  hideCgroups(context, target, pointer);
}

/**
 * A recursive bind mount of /sys in a rootless container or a user namespace includes the caller's cgroups, to which
 * the container could write. So `ro` is extended to all mounts below (CVE-2023-25809).
 */
function closeSysfs({ facts, user, namespaces }: MountContext, mount: Mount, options: MountOptions): void {
  const recursive = options.bind?.recursive ?? mount.type === 'rbind';
  const shared = (facts.rootless || user.kind !== 'none') && hasOwn(namespaces, 'mount');
  if (recursive && shared && (options.set & MOUNT_ATTR_RDONLY) !== 0) options.recursiveSet |= MOUNT_ATTR_RDONLY;
}

function planBind({ context, sources, mount, options, target, pointer, keep }: PlannedMount): void {
  const { builder } = context;
  if (mount.source === undefined || mount.source === '') {
    builder.problem('config', `${pointer}/source`, 'a bind mount needs a source');
    return;
  }
  const recursive = options.bind?.recursive ?? mount.type === 'rbind';
  const source = mount.source.startsWith('/') ? mount.source : `${context.options.bundle}/${mount.source}`;
  let idmap: { slot: number; recursive: boolean } | undefined;
  if (mapsIds(mount)) {
    if (context.user.unprivileged) {
      builder.problem(
        'unsupported',
        pointer,
        'an id-mapped mount needs root',
        'remove idmap, uidMappings and gidMappings',
      );
    } else {
      idmap = { slot: sources.userNamespace(mount, pointer), recursive: options.idmap?.recursive ?? false };
    }
  }
  const inner = pathInRoot(source, context.options.rootfs);
  const covered = inner !== undefined && earlierTargets(context, pointer).some((other) => isAtOrBelow(inner, other));
  const how = { ...(idmap && { idmap }), noFollow: options.sourceNoFollow || options.copyLink };
  const tree = covered
    ? sources.openInRoot(`${pointer}/source`, inner, recursive, how)
    : sources.open(`${pointer}/source`, source, recursive, how);
  builder.add(
    pointer,
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

/** The clean destinations of the mounts before the one with JSON pointer `pointer`. */
function earlierTargets({ spec }: MountContext, pointer: string): string[] {
  const index = Number(pointer.slice(pointer.lastIndexOf('/') + 1));
  return (spec.mounts ?? []).slice(0, index).map(({ destination }) => cleanPath(destination));
}
