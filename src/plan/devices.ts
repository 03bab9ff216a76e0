import { isBindMount } from '../config/bind-mount.js';
import type { Device, Spec } from '../config/spec.js';
import type { HostFacts } from '../host-facts.js';
import { S_IFBLK, S_IFCHR, S_IFIFO } from '../native/flags.js';
import { cleanPath } from '../path.js';
import { CAP_MKNOD } from './capabilities.js';
import type { ContainerContext } from './container-context.js';
import { coreLink, defaultDevices, defaultLinks } from './default-devices.js';
import type { SourceClones } from './sources.js';
import type { UserNamespace } from './user-namespace.js';

const fileTypes = { c: S_IFCHR, u: S_IFCHR, b: S_IFBLK, p: S_IFIFO } as const;

/** False when the config binds a whole /dev of its own: then nothing is made in it, as runc does. */
export function makesDevices(spec: Spec): boolean {
  return !(spec.mounts ?? []).some((mount) => isBindMount(mount) && cleanPath(mount.destination) === '/dev');
}

/** Whether the kernel lets init make device nodes: a user namespace can't (mknod(2), EPERM), nor can root without CAP_MKNOD. */
export function makesNodes(user: UserNamespace, facts: HostFacts): boolean {
  const mayMake = (facts.boundingCapabilities & CAP_MKNOD) !== 0n;
  return user.kind === 'none' && !facts.inUserNamespace && facts.uid === 0 && mayMake;
}

/**
 * Steps for linux.devices, the default devices and the default links. Where nodes can't be made, the host's are bound.
 */
export function planDevices(context: ContainerContext, sources: SourceClones): void {
  const { spec, builder, facts } = context;
  if (!makesDevices(spec)) return;
  const bind = !makesNodes(context.user, facts);
  const configured = spec.linux?.devices ?? [];
  const paths = new Set(configured.map(({ path }) => cleanPath(path)));
  const plan = (device: Device, from: string): void => {
    const path = cleanPath(device.path);
    if (bind && device.type !== 'p') bindDevice(context, sources, path, from);
    else {
      builder.add(from, {
        step: 'device-node',
        path,
        type: fileTypes[device.type],
        major: device.major ?? 0,
        minor: device.minor ?? 0,
        mode: (device.fileMode ?? 0o666) & 0o7777,
        uid: device.uid ?? 0,
        gid: device.gid ?? 0,
      });
    }
  };
  configured.forEach((device, i) => {
    plan(device, `/linux/devices/${i}`);
  });
  for (const device of defaultDevices) if (!paths.has(device.path)) plan(device, '');
  for (const { path, target, replace } of facts.kcore ? [...defaultLinks, coreLink] : defaultLinks) {
    if (!paths.has(path)) builder.add('', { step: 'symlink', path, target, replace: replace ? 1 : 0 });
  }
}

function bindDevice({ builder }: ContainerContext, sources: SourceClones, path: string, from: string): void {
  builder.add(from, {
    step: 'mount-bind',
    tree: sources.open(from, path, false),
    source: path,
    recursive: 0,
    target: path,
    setAttributes: 0n,
    clearAttributes: 0n,
    nofollow: 1,
    mustBeDirectory: 0,
  });
}
