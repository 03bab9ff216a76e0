/**
 * linux.devices and the default devices: init makes them, or the runtime makes them ahead of the user namespace, or
 * they are bound from the host.
 */
import { cleanPath } from '../../base/path.js';
import { isBindMount } from '../../config/bind-mount.js';
import { hostId } from '../../config/id-mappings.js';
import type { Device, Spec } from '../../config/spec.js';
import { ALLPERMS, S_IFBLK, S_IFCHR, S_IFIFO } from '../../native/flags.js';
import type { HostFacts } from '../host-facts.js';
import type { UserNamespace } from '../namespaces/user-namespace.js';
import { CAP_MKNOD } from '../process/capabilities.js';
import { coreLink, defaultDevices, defaultLinks } from './default-devices.js';
import type { DeviceNode } from './device-node.js';
import type { MountContext } from './mount-context.js';
import type { SourceClones } from './sources.js';

const fileTypes = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const;
/** The mode of a device without fileMode. */
const DEFAULT_MODE = 0o666;
/** Always a symlink to the container's own pts/ptmx: a device node there would open terminals of the host. */
const PTMX = '/dev/ptmx';

/** False if the configuration binds something at /dev: then nothing is made in it, as with runc. */
export function makesDevices(spec: Spec): boolean {
  return !(spec.mounts ?? []).some((mount) => isBindMount(mount) && cleanPath(mount.destination) === '/dev');
}

/**
 * Whether the kernel lets init make device nodes. In a user namespace mknod(2) fails with EPERM, and root needs
 * CAP_MKNOD.
 */
export function makesNodes(user: UserNamespace, facts: HostFacts): boolean {
  const mayMake = (facts.boundingCapabilities & CAP_MKNOD) !== 0n;
  return user.kind === 'none' && !facts.inUserNamespace && facts.uid === 0 && mayMake;
}

/**
 * Whether nodes are made before the user namespace is: the runtime has the rights, and knows the namespace's ids
 * from its maps.
 */
function makesNodesAhead(user: UserNamespace, facts: HostFacts): boolean {
  return user.kind === 'made' && makesNodes({ ...user, kind: 'none' }, facts);
}

/**
 * Adds the steps for linux.devices, the default devices and the default symlinks.
 * @param sources gets the steps for nodes that are made or opened before the namespaces
 */
export function planDevices(context: MountContext, sources: SourceClones): void {
  const { spec, builder, facts } = context;
  if (!makesDevices(spec)) return;
  const bind = !makesNodes(context.user, facts);
  const ahead = makesNodesAhead(context.user, facts);
  const configured = spec.linux?.devices ?? [];
  const paths = new Set(configured.map(({ path }) => cleanPath(path)));
  paths.delete(PTMX);
  const plan = (device: Device, pointer: string): void => {
    const node = nodeOf(device);
    if (ahead && device.type !== 'p') bindAhead(context, sources, node, pointer);
    else if (bind && device.type !== 'p') bindDevice(context, sources, device, node, pointer);
    else {
      const { path, type, major, minor, mode, uid, gid } = node;
      builder.add(pointer, { step: 'device-node', path, type, major, minor, mode, uid, gid });
    }
  };
  configured.forEach((device, i) => {
    if (cleanPath(device.path) !== PTMX) plan(device, `/linux/devices/${i}`);
  });
  for (const device of defaultDevices) if (!paths.has(device.path)) plan(device, '');
  for (const { path, target, cover } of facts.kcore ? [...defaultLinks, coreLink] : defaultLinks) {
    if (!paths.has(path)) builder.add('', { step: 'symlink', path, target, cover: cover ? 1 : 0 });
  }
}

function nodeOf({ path, type, major = 0, minor = 0, fileMode = DEFAULT_MODE, uid = 0, gid = 0 }: Device): DeviceNode {
  return { path: cleanPath(path), type: fileTypes[type], major, minor, mode: fileMode & ALLPERMS, uid, gid };
}

/**
 * Binds the host's node, whose owner and mode stay as they are. Init refuses a node that more users may open than the
 * configuration says.
 */
function bindDevice(
  { builder }: MountContext,
  sources: SourceClones,
  { fileMode, uid, gid }: Device,
  node: DeviceNode,
  pointer: string,
): void {
  if (fileMode !== undefined || uid !== undefined || gid !== undefined)
    builder.warn(
      pointer,
      `the host's ${node.path} is bound, with its own mode and owner: fileMode, uid and gid are not set`,
    );
  builder.add(pointer, { step: 'device-bind', tree: sources.open(pointer, node.path, false), ...node });
}

/** Binds a node made before the user namespace, with its mode; its owner is mapped to ids of the host. */
function bindAhead({ builder, user }: MountContext, sources: SourceClones, node: DeviceNode, pointer: string): void {
  const uid = hostId(user.uid, node.uid);
  const gid = hostId(user.gid, node.gid);
  // checkIdsMapped has already noted an unmapped root, once and not for each device.
  for (const [name, id] of [
    ['uid', uid],
    ['gid', gid],
  ] as const)
    if (id === undefined && (node[name] !== 0 || user[name].length === 0)) {
      const mappings = `/linux/${name}Mappings`;
      const text = `${node[name]} is not mapped in the user namespace`;
      builder.problem(
        'config',
        pointer === '' ? mappings : `${pointer}/${name}`,
        text,
        `map it in linux.${name}Mappings`,
      );
    }
  if (uid === undefined || gid === undefined) return;
  builder.add(pointer, { step: 'device-bind', tree: sources.device(pointer, { ...node, uid, gid }), ...node });
}
