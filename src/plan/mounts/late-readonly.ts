/** Mounts that are made read-only at the end, because something has to be made in them first. */
import { MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import type { PlanBuilder } from '../steps/builder.js';

/** A mount that is made read-only once everything below it was made. */
export interface LateReadonly {
  /**
   * The slot that holds the mount. Its path may lead to another mount by then, one on top of it or behind a symlink.
   */
  mount: number;
  target: string;
  pointer: string;
  /** Changes the file system instead of the mount: mount_setattr(2) refuses a mount within a detached tree. */
  fileSystem: boolean;
}

/** Adds the steps that make these mounts read-only. */
export function closeMounts(late: readonly LateReadonly[], builder: PlanBuilder): void {
  for (const { mount, target, pointer, fileSystem } of late) {
    if (fileSystem) builder.add(pointer, { step: 'mount-reconfigure', mount, target, parameters: ['ro'], iversion: 0 });
    else {
      const setAttributes = BigInt(MOUNT_ATTR_RDONLY);
      builder.add(pointer, {
        step: 'mount-attributes',
        mount,
        target,
        setAttributes,
        clearAttributes: 0n,
        recursive: 0,
      });
    }
  }
}
