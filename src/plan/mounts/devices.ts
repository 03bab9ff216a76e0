import { cleanPath } from '../../base/path.js';
import { isBindMount } from '../../config/bind-mount.js';
import { hostId } from '../../config/id-mappings.js';
import type { Device, Spec } from '../../config/spec.js';
import { S_IFBLK, S_IFCHR, S_IFIFO } from '../../native/flags.js';
import type { ContainerContext } from '../container-context.js';
import type { HostFacts } from '../host-facts.js';
import type { UserNamespace } from '../namespaces/user-namespace.js';
import { CAP_MKNOD } from '../process/capabilities.js';
import { coreLink, defaultDevices, defaultLinks } from './default-devices.js';
import type { DeviceNode } from './device-node.js';
import type { SourceClones } from './sources.js';

const fileTypes = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const;
/** Always the link to the container's own pts/ptmx: a node there would open the host's terminals. */
const PTMX = '/dev/ptmx';

/** False when the config binds a whole /dev of its own: then nothing is made in it, as runc does. */
export function makesDevices(spec: Spec): boolean {
  return !(spec.mounts ?? []).some((mount) => isBindMount(mount) && cleanPath(mount.destination) === '/dev');
}

/** Whether the kernel lets init make device nodes: a user namespace can't (mknod(2), EPERM), nor can root without CAP_MKNOD. */
export function makesNodes(user: UserNamespace, facts: HostFacts): boolean {
  const mayMake = (facts.boundingCapabilities & CAP_MKNOD) !== 0n;
  return user.kind === 'none' && !facts.inUserNamespace && facts.uid === 0 && mayMake;
}

/** Whether the runtime makes them before it makes the user namespace: root of a host, who knows the ids of the namespace. */
function makesNodesAhead(user: UserNamespace, facts: HostFacts): boolean {
  return user.kind === 'made' && makesNodes({ ...user, kind: 'none' }, facts);
}

/** Steps for linux.devices, the default devices and the default links. Where nodes can't be made, they are made ahead, or the host's bound. */
export function planDevices(context: ContainerContext, sources: SourceClones): void {
  const { spec, builder, facts } = context;
  if (!makesDevices(spec)) return;
  const bind = !makesNodes(context.user, facts);
  const ahead = makesNodesAhead(context.user, facts);
  const configured = spec.linux?.devices ?? [];
  const paths = new Set(configured.map(({ path }) => cleanPath(path)));
  paths.delete(PTMX);
  const plan = (device: Device, from: string): void => {
    const node = nodeOf(device);
    if (ahead && device.type !== 'p') bindAhead(context, sources, node, from);
    else if (bind && device.type !== 'p') bindDevice(context, sources, device, node, from);
    else builder.add(from, { step: 'device-node', ...node });
  };
  configured.forEach((device, i) => {
    if (cleanPath(device.path) !== PTMX) plan(device, `/linux/devices/${i}`);
  });
  for (const device of defaultDevices) if (!paths.has(device.path)) plan(device, '');
  for (const { path, target, cover } of facts.kcore ? [...defaultLinks, coreLink] : defaultLinks) {
    if (!paths.has(path)) builder.add('', { step: 'symlink', path, target, cover: cover ? 1 : 0 });
  }
}

function nodeOf({ path, type, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0 }: Device): DeviceNode {
  return { path: cleanPath(path), type: fileTypes[type], major, minor, mode: fileMode & 0o7777, uid, gid };
}

/** The host's node has an owner and a mode of its own; init refuses one that is open to more than the config says. */
function bindDevice(
  { builder }: ContainerContext,
  sources: SourceClones,
  { fileMode, uid, gid }: Device,
  node: DeviceNode,
  from: string,
): void {
  if (fileMode !== undefined || uid !== undefined || gid !== undefined)
    builder.warn(
      from,
      `the host's ${node.path} is bound, with its own mode and owner: fileMode, uid and gid are not set`,
    );
  builder.add(from, { step: 'device-bind', tree: sources.open(from, node.path, false), ...node });
}

/** One that is made with its mode, and its owner's ids of the host. */
function bindAhead({ builder, user }: ContainerContext, sources: SourceClones, node: DeviceNode, from: string): void {
  const uid = hostId(user.uid, node.uid);
  const gid = hostId(user.gid, node.gid);
  // That root isn't mapped is noted already, once and not for each device (checkIdsMapped).
  for (const [name, id] of [
    ['uid', uid],
    ['gid', gid],
  ] as const)
    if (id === undefined && (node[name] !== 0 || user[name].length === 0)) {
      const mappings = `/linux/${name}Mappings`;
      const text = `${node[name]} is not mapped in the user namespace`;
      builder.problem('config', from === '' ? mappings : `${from}/${name}`, text, `map it in linux.${name}Mappings`);
    }
  if (uid === undefined || gid === undefined) return;
  builder.add(from, { step: 'device-bind', tree: sources.device(from, { ...node, uid, gid }), ...node });
}
