/** Plans the opening of mount sources by a step before the one that mounts them. */
import { idMapText } from '../../config/id-mappings.js';
import type { IdMapping, Mount } from '../../config/spec.js';
import type { PlannedStep } from '../plan.js';
import { NO_SLOT } from '../steps/step-table.js';
import type { DeviceNode } from './device-node.js';
import { coverLabel } from './masked-paths.js';
import type { MountContext } from './mount-context.js';

/** How a source is opened. */
export interface CloneOptions {
  idmap?: { slot: number; recursive: boolean };
  /** If the path ends in a symlink, that symlink is opened, not its target. */
  noFollow?: boolean;
}

/**
 * Collects the steps that open sources before the namespaces are entered. Mounts refer to an opened source by its
 * slot.
 */
export class SourceClones {
  readonly steps: PlannedStep[] = [];
  private readonly context: MountContext;
  private readonly userns = new Map<string, number>();
  private deviceDirectory = NO_SLOT;
  private devices = 0;

  constructor(context: MountContext) {
    this.context = context;
  }

  /**
   * Opens a source ahead if the context or an id map requires that.
   * @returns its slot, or NO_SLOT if the step that mounts it opens it
   */
  open(pointer: string, path: string, recursive: boolean, { idmap, noFollow = false }: CloneOptions = {}): number {
    if (!this.context.cloneSources && idmap === undefined) return NO_SLOT;
    const slot = this.context.builder.stepSlot();
    this.steps.push({
      step: 'clone-tree',
      source: path,
      recursive: recursive ? 1 : 0,
      noFollow: noFollow ? 1 : 0,
      slot,
      pointer,
    });
    if (idmap !== undefined) {
      this.steps.push({
        step: 'idmap-tree',
        tree: slot,
        userns: idmap.slot,
        recursive: idmap.recursive ? 1 : 0,
        pointer,
      });
    }
    return slot;
  }

  /**
   * Makes a device node before the user namespace exists, and returns its slot. Its uid and gid are ids of the host.
   */
  device(pointer: string, node: DeviceNode): number {
    const { builder, spec, facts } = this.context;
    if (this.deviceDirectory === NO_SLOT) {
      this.deviceDirectory = builder.stepSlot();
      this.steps.push({
        step: 'device-directory',
        ...coverLabel(spec, facts),
        slot: this.deviceDirectory,
        pointer: '',
      });
    }
    const slot = builder.stepSlot();
    const name = String(this.devices++);
    this.steps.push({ step: 'device-ahead', directory: this.deviceDirectory, name, ...node, slot, pointer });
    return slot;
  }

  /**
   * Opens a source in the root file system that an earlier mount of the container covers, and returns its slot.
   * Opened ahead, it would be what lies under that mount. It isn't looked up by its path on the host either: there
   * may be a symlink in it that a container made, and such a link has to be resolved in the root file system, not on
   * the host.
   * @param path of the source in the root file system
   */
  openInRoot(
    pointer: string,
    path: string,
    recursive: boolean,
    { idmap, noFollow = false }: CloneOptions = {},
  ): number {
    const { builder } = this.context;
    const slot = builder.stepSlot();
    builder.add(pointer, {
      step: 'clone-in-root',
      source: path,
      recursive: recursive ? 1 : 0,
      noFollow: noFollow ? 1 : 0,
      slot,
    });
    if (idmap !== undefined)
      builder.add(pointer, { step: 'idmap-tree', tree: slot, userns: idmap.slot, recursive: idmap.recursive ? 1 : 0 });
    return slot;
  }

  /**
   * Slot of a user namespace with the id maps of a mount: its own maps, or the container's for a plain `idmap`
   * option. Mounts with the same maps share one namespace. NO_SLOT, and a problem is noted, if there are no maps.
   */
  userNamespace(mount: Mount, pointer: string): number {
    const { user, builder } = this.context;
    const uid: readonly IdMapping[] = mount.uidMappings ?? user.uid;
    const gid: readonly IdMapping[] = mount.gidMappings ?? user.gid;
    if (uid.length === 0 || gid.length === 0) {
      builder.problem(
        'config',
        pointer,
        'an id-mapped mount needs uidMappings and gidMappings',
        'give them here or under linux',
      );
      return NO_SLOT;
    }
    const uidMap = idMapText(uid);
    const gidMap = idMapText(gid);
    const key = `${uidMap}/${gidMap}`;
    const known = this.userns.get(key);
    if (known !== undefined) return known;
    const slot = builder.runtimeSlot({ kind: 'user-namespace', uidMap, gidMap, pointer });
    this.userns.set(key, slot);
    return slot;
  }
}
