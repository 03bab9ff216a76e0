import { idMapText } from '../../config/id-mappings.js';
import type { IdMapping, Mount } from '../../config/spec.js';
import type { ContainerContext } from '../container-context.js';
import type { PlannedStep } from '../plan.js';
import { NO_SLOT } from '../steps/step-table.js';
import type { DeviceNode } from './device-node.js';
import { coverLabel } from './masked-paths.js';

export interface CloneOptions {
  idmap?: { slot: number; recursive: boolean };
  /** Of a symlink at the end of the path the symlink itself. */
  noFollow?: boolean;
}

/** The sources that are cloned before the namespaces are entered; mounts refer to them by slot. */
export class SourceClones {
  readonly steps: PlannedStep[] = [];
  private readonly context: ContainerContext;
  private readonly userns = new Map<string, number>();
  private deviceFolder = NO_SLOT;
  private devices = 0;

  constructor(context: ContainerContext) {
    this.context = context;
  }

  /** Slot of a source cloned ahead, where the context or an id map asks for that; NO_SLOT: the step that mounts it opens it. */
  open(from: string, path: string, recursive: boolean, { idmap, noFollow = false }: CloneOptions = {}): number {
    if (!this.context.cloneSources && idmap === undefined) return NO_SLOT;
    const slot = this.context.builder.stepSlot();
    this.steps.push({
      step: 'clone-tree',
      source: path,
      recursive: recursive ? 1 : 0,
      noFollow: noFollow ? 1 : 0,
      slot,
      from,
    });
    if (idmap !== undefined) {
      this.steps.push({ step: 'idmap-tree', tree: slot, userns: idmap.slot, recursive: idmap.recursive ? 1 : 0, from });
    }
    return slot;
  }

  /** Slot of a device node that is made before the user namespace is. uid, gid: ids of the host. */
  device(from: string, node: DeviceNode): number {
    const { builder, spec, facts } = this.context;
    if (this.deviceFolder === NO_SLOT) {
      this.deviceFolder = builder.stepSlot();
      this.steps.push({ step: 'device-folder', ...coverLabel(spec, facts), slot: this.deviceFolder, from: '' });
    }
    const slot = builder.stepSlot();
    const name = String(this.devices++);
    this.steps.push({ step: 'device-ahead', folder: this.deviceFolder, name, ...node, slot, from });
    return slot;
  }

  /**
   * Slot of a source that lies where the container has mounted something by now: cloned ahead it would show what is below that on
   * the host. It is never looked for by its path on the host either: what is mounted there may hold a symlink that a container made,
   * which leads to a place in the root file system, and not of the host.
   * @param path of the source in the root file system
   */
  openInRoot(from: string, path: string, recursive: boolean, { idmap, noFollow = false }: CloneOptions = {}): number {
    const { builder } = this.context;
    const slot = builder.stepSlot();
    builder.add(from, {
      step: 'clone-in-root',
      source: path,
      recursive: recursive ? 1 : 0,
      noFollow: noFollow ? 1 : 0,
      slot,
    });
    if (idmap !== undefined)
      builder.add(from, { step: 'idmap-tree', tree: slot, userns: idmap.slot, recursive: idmap.recursive ? 1 : 0 });
    return slot;
  }

  /**
   * Slot of a user namespace with the id maps of a mount: its own, or the container's for a plain `idmap` option.
   * The same maps share one namespace. NO_SLOT, with a problem noted, when there are no maps.
   */
  userNamespace(mount: Mount, from: string): number {
    const { user, builder } = this.context;
    const uid: readonly IdMapping[] = mount.uidMappings ?? user.uid;
    const gid: readonly IdMapping[] = mount.gidMappings ?? user.gid;
    if (uid.length === 0 || gid.length === 0) {
      builder.problem(
        'config',
        from,
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
    const slot = builder.runtimeSlot({ kind: 'user-namespace', uidMap, gidMap, from });
    this.userns.set(key, slot);
    return slot;
  }
}
