/** What the planners of the different kinds of mounts share. */
import type { MountOptions } from '../../config/mount-options.js';
import { IDMAP, INLINE_IDMAP, optionKinds } from '../../config/option-kinds.js';
import type { Mount } from '../../config/spec.js';
import { hasOwn } from '../namespaces/namespaces.js';
import type { MountContext } from './mount-context.js';
import type { SourceClones } from './sources.js';

/** An entry of mounts[], and what is known about it when its steps are planned. */
export interface PlannedMount {
  context: MountContext;
  sources: SourceClones;
  mount: Mount;
  options: MountOptions;
  /** The clean destination. */
  target: string;
  pointer: string;
  /** The slot in which its step keeps the mount for later steps that change it, or NO_SLOT. */
  keep: number;
}

/**
 * Notes a problem if the container has no mount namespace: its root is a detached tree then, and mount_setattr(2)
 * fails with EINVAL for a mount within one.
 * @param what the options that need a mount namespace, in words
 */
export function needMountNamespace({ builder, namespaces }: MountContext, pointer: string, what: string): void {
  if (hasOwn(namespaces, 'mount')) return;
  builder.problem(
    'unsupported',
    pointer,
    `${what} need a mount namespace`,
    'add one of type mount to linux.namespaces',
  );
}

/** Whether a mount is id-mapped: by its own maps, or by the option `idmap`, which takes the container's. */
export function mapsIds({ uidMappings, gidMappings, options }: Mount): boolean {
  if (uidMappings !== undefined || gidMappings !== undefined) return true;
  return (optionKinds(options) & (IDMAP | INLINE_IDMAP)) !== 0;
}
