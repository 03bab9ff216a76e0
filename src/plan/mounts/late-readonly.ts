import { MOUNT_ATTR_RDONLY } from '../../native/flags.js';
import type { PlanBuilder } from '../steps/builder.js';

/** A mount that becomes read-only only once everything below it was made. */
export interface LateReadonly {
  /** The slot its step keeps it in: another mount may lie over it by then, at the same path or by a link to it. */
  mount: number;
  target: string;
  from: string;
  /** The file system instead of the mount: what lies in a detached tree can't be changed, mount_setattr(2). */
  fileSystem: boolean;
}

/** Steps that make these mounts read-only. */
export function closeMounts(late: readonly LateReadonly[], builder: PlanBuilder): void {
  for (const { mount, target, from, fileSystem } of late) {
    if (fileSystem) builder.add(from, { step: 'mount-reconfigure', mount, target, parameters: ['ro'], iversion: 0 });
    else {
      const setAttributes = BigInt(MOUNT_ATTR_RDONLY);
      builder.add(from, { step: 'mount-attributes', mount, target, setAttributes, clearAttributes: 0n, recursive: 0 });
    }
  }
}
