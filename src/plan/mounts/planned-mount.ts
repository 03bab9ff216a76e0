import { isInlineIdMap } from '../../config/inline-id-map.js';
import type { MountOptions } from '../../config/mount-options.js';
import type { Mount } from '../../config/spec.js';
import type { ContainerContext } from '../container-context.js';
import { hasOwn } from '../namespaces/namespaces.js';
import type { SourceClones } from './sources.js';

/** One of mounts[], and what is known of it when its steps are planned. */
export interface PlannedMount {
  context: ContainerContext;
  sources: SourceClones;
  mount: Mount;
  options: MountOptions;
  /** Its clean destination. */
  target: string;
  from: string;
  /** The slot its step is to keep it in, for the steps that change it later; or NO_SLOT. */
  keep: number;
}

/** A mount within a detached tree can't be changed once it is attached: mount_setattr(2), EINVAL. */
export function needMountNamespace({ builder, namespaces }: ContainerContext, pointer: string, what: string): void {
  if (hasOwn(namespaces, 'mount')) return;
  builder.problem(
    'unsupported',
    pointer,
    `${what} need a mount namespace`,
    'add one of type mount to linux.namespaces',
  );
}

/** Whether a mount is id-mapped: by maps of its own, or by the option with the container's. */
export function mapsIds({ uidMappings, gidMappings, options }: Mount): boolean {
  return uidMappings !== undefined || gidMappings !== undefined || (options?.some(isIdMap) ?? false);
}

const isIdMap = (option: string): boolean => option === 'idmap' || option === 'ridmap' || isInlineIdMap(option);
