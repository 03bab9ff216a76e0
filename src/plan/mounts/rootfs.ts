/** The root file system: opened before the mounts are made in it, and turned into / afterwards. */
import { propagations } from '../../config/propagation.js';
import type { Spec } from '../../config/spec.js';
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE } from '../../native/flags.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { needsCreateRuntime } from '../process/hooks.js';
import { numberOf } from '../steps/name-table.js';
import { NO_SLOT } from '../steps/step-table.js';
import type { MountContext } from './mount-context.js';
import type { SourceClones } from './sources.js';

/**
 * The propagation of all mounts before anything is mounted. The default is slave: our mounts don't reach the host,
 * while the host's still reach bind mounts. shared keeps the peer groups, for bidirectional mounts, and makes none of mounts that are
 * private on the host, unless it is rshared; private cuts both directions.
 */
function treePropagation(propagation = ''): number {
  const flags = numberOf(propagations, propagation) ?? 0;
  if ((flags & MS_SHARED) !== 0) return flags;
  return MS_REC | (flags & MS_PRIVATE || MS_SLAVE);
}

/** Whether mounts of the container may propagate to the host, where they would remain. */
export function reachesHost(spec: Spec): boolean {
  return (treePropagation(spec.linux?.rootfsPropagation) & MS_SHARED) !== 0;
}

/**
 * Adds the steps that open the root file system. A container without its own mount namespace gets a detached copy of
 * the tree.
 * @param sources gets the step that opens the root before the namespaces are entered, if that is needed
 */
export function planOpenRoot(context: MountContext, sources: SourceClones): void {
  const { spec, options, builder, namespaces } = context;
  const attach = hasOwn(namespaces, 'mount');
  if (attach) {
    const pointer = spec.linux?.rootfsPropagation === undefined ? '' : '/linux/rootfsPropagation';
    builder.add(pointer, { step: 'tree-propagation', flags: BigInt(treePropagation(spec.linux?.rootfsPropagation)) });
  }
  const tree = attach ? sources.open('/root/path', options.rootfs, true) : NO_SLOT;
  // Root of the user namespace may have no access to the directories above the bundle, and a joined mount namespace
  // may not have them at all. pivot_root(2) works from any place, so a cloned root is attached over /, unless hooks
  // expect it at its path.
  const anywhere = tree !== NO_SLOT && !options.noPivot && !needsCreateRuntime(spec);
  builder.add('/root/path', {
    step: 'open-root',
    path: anywhere ? '/' : options.rootfs,
    tree,
    attach: attach ? 1 : 0,
  });
}

/** Adds the steps that turn the root file system into /, and set its propagation. */
export function planChangeRoot({ spec, options, builder, namespaces }: MountContext): void {
  if (!hasOwn(namespaces, 'mount')) {
    builder.add('/root/path', { step: 'chroot' });
    return;
  }
  builder.add('/root/path', options.noPivot ? { step: 'move-root' } : { step: 'pivot-root' });
  const propagation = spec.linux?.rootfsPropagation;
  if (propagation) {
    const pointer = '/linux/rootfsPropagation';
    const flags = builder.lookUp(propagations, propagation, 'propagation', pointer);
    if (flags !== undefined) builder.add(pointer, { step: 'root-propagation', flags: BigInt(flags) });
  }
}
