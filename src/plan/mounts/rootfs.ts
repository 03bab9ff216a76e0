import type { Spec } from '../../config/spec.js';
import { MS_PRIVATE, MS_REC, MS_SHARED, MS_SLAVE, MS_UNBINDABLE } from '../../native/flags.js';
import type { ContainerContext } from '../container-context.js';
import { hasOwn } from '../namespaces/namespaces.js';
import { needsCreateRuntime } from '../process/hooks.js';
import type { NameTable } from '../steps/name-table.js';
import { NO_SLOT } from '../steps/step-table.js';
import type { SourceClones } from './sources.js';

/** The values of linux.rootfsPropagation, as mount(2) flags. */
export const rootPropagations: NameTable = {
  shared: MS_SHARED,
  rshared: MS_SHARED | MS_REC,
  slave: MS_SLAVE,
  rslave: MS_SLAVE | MS_REC,
  private: MS_PRIVATE,
  rprivate: MS_PRIVATE | MS_REC,
  unbindable: MS_UNBINDABLE,
  runbindable: MS_UNBINDABLE | MS_REC,
};

/**
 * Propagation of the whole tree before anything is mounted: slave, so that nothing of ours reaches the host and the host's
 * mounts still reach bind mounts. shared keeps the peer groups for bidirectional mounts; private cuts all.
 */
function treePropagation(propagation: string | undefined): number {
  switch (propagation) {
    case 'shared':
    case 'rshared':
      return MS_SHARED | MS_REC;
    case 'private':
    case 'rprivate':
      return MS_PRIVATE | MS_REC;
    default:
      return MS_SLAVE | MS_REC;
  }
}

/** Whether a mount of the container may show up on the host as well, and stay there. */
export function reachesHost(spec: Spec): boolean {
  return (treePropagation(spec.linux?.rootfsPropagation) & MS_SHARED) !== 0;
}

/** Steps that open the root file system. Without a mount namespace of its own the container gets a detached tree. */
export function planOpenRoot(context: ContainerContext, sources: SourceClones): void {
  const { spec, options, builder, namespaces } = context;
  const attach = hasOwn(namespaces, 'mount');
  if (attach) {
    const from = spec.linux?.rootfsPropagation === undefined ? '' : '/linux/rootfsPropagation';
    builder.add(from, { step: 'tree-propagation', flags: BigInt(treePropagation(spec.linux?.rootfsPropagation)) });
  }
  const tree = attach ? sources.open('/root/path', options.rootfs, true) : NO_SLOT;
  // Root of the user namespace may have no access to the folders above the bundle, nor a joined mount namespace such a
  // folder. pivot_root takes a root from anywhere, so a cloned one goes over / itself; hooks find it at its path.
  const anywhere = tree !== NO_SLOT && !options.noPivot && !needsCreateRuntime(spec);
  builder.add('/root/path', {
    step: 'open-root',
    path: anywhere ? '/' : options.rootfs,
    tree,
    attach: attach ? 1 : 0,
  });
}

/** Steps that make it /. */
export function planChangeRoot({ spec, options, builder, namespaces }: ContainerContext): void {
  if (!hasOwn(namespaces, 'mount')) {
    builder.add('/root/path', { step: 'chroot' });
    return;
  }
  builder.add('/root/path', options.noPivot ? { step: 'move-root' } : { step: 'pivot-root' });
  const propagation = spec.linux?.rootfsPropagation;
  if (propagation) {
    const from = '/linux/rootfsPropagation';
    const flags = builder.lookUp(rootPropagations, propagation, 'propagation', from);
    if (flags !== undefined) builder.add(from, { step: 'root-propagation', flags: BigInt(flags) });
  }
}
