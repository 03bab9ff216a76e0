import { isBindMount } from '../config/bind-mount.js';
import type { Mount } from '../config/spec.js';
import { MOUNT_ATTR_RDONLY, MS_I_VERSION } from '../native/flags.js';
import { planCgroupMount } from './cgroup-mount.js';
import type { ContainerContext } from './container-context.js';
import { isMapped } from './id-maps.js';
import { checkDestination } from './mount-destination.js';
import { type MountOptions, readMountOptions } from './mount-options.js';
import { hasOwn } from './namespaces.js';
import type { SourceClones } from './sources.js';
import { NO_SLOT } from './step-table.js';

/** A mount that becomes read-only only once everything below it was made. */
export interface LateReadonly {
  target: string;
  from: string;
}

/**
 * Mounts whose destination has to be made of real folders all the way: CVE-2019-19921, CVE-2023-27561, CVE-2023-28642,
 * CVE-2025-54867; for /dev CVE-2026-41579.
 */
const strictTypes = ['proc', 'sysfs'];
const strictTargets = ['/proc', '/sys', '/dev'];

/**
 * File systems that are one instance for many containers, or are made anew: `ro` goes to the mount alone. As a flag of the super
 * block it would make the next mount of a pod's shared sysfs read-only too.
 */
const kernelTypes = [
  'proc',
  'sysfs',
  'cgroup',
  'cgroup2',
  'mqueue',
  'devpts',
  'tmpfs',
  'ramfs',
  'debugfs',
  'tracefs',
  'securityfs',
  'bpf',
];

/** Steps for mounts[] in order. Returns those to make read-only at the end. */
export function planMounts(context: ContainerContext, sources: SourceClones): LateReadonly[] {
  const late: LateReadonly[] = [];
  (context.spec.mounts ?? []).forEach((mount, i) => {
    planMount(context, sources, mount, `/mounts/${i}`, late);
  });
  return late;
}

function planMount(
  context: ContainerContext,
  sources: SourceClones,
  mount: Mount,
  from: string,
  late: LateReadonly[],
): void {
  const { builder } = context;
  const options = readMountOptions(mount.options ?? []);
  const isBind = isBindMount(mount);
  const type = isBind ? 'bind' : (mount.type ?? 'none');
  const target = checkDestination(mount, from, type, builder);
  if (isBind && target === '/sys') closeSysfs(context, mount, options);
  if (options.remount) planRemount(context, options, isBind, target, from);
  else if (isBind) planBind(context, sources, mount, options, target, from);
  else if (type === 'cgroup') planCgroupMount(context, sources, options, target, from);
  else planFileSystem(context, sources, mount, options, type, target, from, late);
  finishMount(context, options, target, from);
}

/**
 * The whole of /sys, bound read-only into a rootless container or a user namespace, brings the cgroups of the caller, which it
 * may write to: `ro` counts for all that is below there (CVE-2023-25809).
 */
function closeSysfs({ facts, user, namespaces }: ContainerContext, mount: Mount, options: MountOptions): void {
  const recursive = options.bind?.recursive ?? mount.type === 'rbind';
  const shared = (facts.rootless || user.kind !== 'none') && hasOwn(namespaces, 'mount');
  if (recursive && shared && (options.set & MOUNT_ATTR_RDONLY) !== 0) options.recursiveSet |= MOUNT_ATTR_RDONLY;
}

/** What follows every kind of mount: recursive attributes, then propagation. */
function finishMount(context: ContainerContext, options: MountOptions, target: string, from: string): void {
  const { builder } = context;
  const more = (options.recursiveSet | options.recursiveClear) !== 0 || options.propagations.length > 0;
  if (more || options.remount)
    needMountNamespace(context, `${from}/options`, 'recursive options, propagation and remount');
  if ((options.recursiveSet | options.recursiveClear) !== 0) {
    builder.add(from, {
      step: 'mount-attributes',
      target,
      setAttributes: BigInt(options.recursiveSet),
      clearAttributes: BigInt(options.recursiveClear),
      recursive: 1,
    });
  }
  for (const flags of options.propagations) {
    builder.add(from, { step: 'mount-propagation', target, flags: BigInt(flags) });
  }
}

/** A mount within a detached tree can't be changed once it is attached: mount_setattr(2), EINVAL. */
function needMountNamespace({ builder, namespaces }: ContainerContext, pointer: string, what: string): void {
  if (hasOwn(namespaces, 'mount')) return;
  builder.problem(
    'unsupported',
    pointer,
    `${what} need a mount namespace`,
    'add one of type mount to linux.namespaces',
  );
}

function planRemount(
  { builder }: ContainerContext,
  options: MountOptions,
  isBind: boolean,
  target: string,
  from: string,
): void {
  if (!isBind && (options.superblockFlags !== 0 || options.data.length > 0 || options.parameters.length > 0)) {
    builder.add(from, {
      step: 'mount-reconfigure',
      target,
      flags: BigInt(options.superblockFlags),
      data: options.data.join(','),
    });
  }
  if ((options.set | options.clear) !== 0) {
    builder.add(from, {
      step: 'mount-attributes',
      target,
      setAttributes: BigInt(options.set),
      clearAttributes: BigInt(options.clear),
      recursive: 0,
    });
  }
}

function planBind(
  context: ContainerContext,
  sources: SourceClones,
  mount: Mount,
  options: MountOptions,
  target: string,
  from: string,
): void {
  const { builder } = context;
  if (mount.source === undefined || mount.source === '') {
    builder.problem('config', `${from}/source`, 'a bind mount needs a source');
    return;
  }
  const recursive = options.bind?.recursive ?? mount.type === 'rbind';
  const source = mount.source.startsWith('/') ? mount.source : `${context.options.bundle}/${mount.source}`;
  let idmap: { slot: number; recursive: boolean } | undefined;
  if (mapsIds(mount)) {
    if (context.user.unprivileged) {
      builder.problem(
        'unsupported',
        from,
        'an id-mapped mount needs root',
        'remove idmap, uidMappings and gidMappings',
      );
    } else {
      idmap = { slot: sources.userNamespace(mount, from), recursive: options.idmap?.recursive ?? false };
    }
  }
  builder.add(from, {
    step: 'mount-bind',
    tree: sources.open(`${from}/source`, source, recursive, idmap),
    source,
    recursive: recursive ? 1 : 0,
    target,
    setAttributes: BigInt(options.set),
    clearAttributes: BigInt(options.clear),
    mustBeDirectory: strictTargets.includes(target) ? 1 : 0,
  });
}

/** Whether a mount is id-mapped: by maps of its own, or by the option with the container's. */
export function mapsIds({ uidMappings, gidMappings, options }: Mount): boolean {
  return uidMappings !== undefined || gidMappings !== undefined || (options?.some(isIdMap) ?? false);
}

const isIdMap = (option: string): boolean => option === 'idmap' || option === 'ridmap';

function planFileSystem(
  context: ContainerContext,
  sources: SourceClones,
  mount: Mount,
  options: MountOptions,
  type: string,
  target: string,
  from: string,
  late: LateReadonly[],
): void {
  const { builder, spec, facts } = context;
  const readonly = (options.set & MOUNT_ATTR_RDONLY) !== 0;
  // Mount points and devices are still made in a tmpfs and in /dev.
  const delay = readonly && (type === 'tmpfs' || target === '/dev');
  if (delay) {
    needMountNamespace(context, `${from}/options`, 'a read-only tmpfs and a read-only /dev');
    late.push({ target, from });
  }
  const parameters = [...options.parameters, ...options.data];
  if (readonly && !kernelTypes.includes(type)) parameters.unshift('ro');
  checkMappedIds(context, options, from);
  const label = spec.linux?.mountLabel;
  if (label && facts.selinux && !strictTypes.includes(type)) parameters.push(`context=${label}`);
  const inheritMode = type === 'tmpfs' && !options.data.some((word) => word.startsWith('mode='));
  const attributes = delay ? options.set & ~MOUNT_ATTR_RDONLY : options.set;
  builder.add(from, {
    step: 'mount-fs',
    type,
    source: mount.source ?? type,
    parameters,
    attributes: BigInt(attributes),
    target,
    mode: 0o755,
    inheritMode: inheritMode ? 1 : 0,
    copyUp: options.copyUp ? 1 : 0,
    mustBeDirectory: strictTypes.includes(type) || strictTargets.includes(target) ? 1 : 0,
    userns: mapsIds(mount) ? sources.userNamespace(mount, from) : NO_SLOT,
  });
  // fsconfig(2) has no word for it, a remount has the flag.
  if ((options.superblockFlags & MS_I_VERSION) !== 0) {
    builder.add(from, { step: 'mount-reconfigure', target, flags: BigInt(options.superblockFlags), data: '' });
  }
}

/** uid= and gid= of a file system have to be mapped in the container's user namespace, or the kernel says only EINVAL. */
function checkMappedIds({ user, builder }: ContainerContext, options: MountOptions, from: string): void {
  if (user.kind !== 'made') return;
  for (const word of options.data) {
    const [, key, id] = /^(uid|gid)=(\d+)$/.exec(word) ?? [];
    if (key === undefined) continue;
    const mappings = key === 'uid' ? user.uid : user.gid;
    if (!isMapped(mappings, Number(id))) {
      builder.problem(
        'config',
        `${from}/options`,
        `${word}: no mapping for ${key} ${id} in the user namespace`,
        `map it in linux.${key}Mappings, or remove the option`,
      );
    }
  }
}
