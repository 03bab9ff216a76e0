import type { Spec } from '../config/spec.js';
import { CLONE_NEWNET } from '../native/flags.js';
import { CgroupMode, type CriuOpts } from './messages.js';
import type { CriuOptions } from './options.js';

/** A namespace of the container that isn't its own but was joined by path, of a type that criu takes as it finds it. */
export interface ExternalNamespace {
  readonly type: 'network' | 'pid';
  readonly path: string;
}

/** criu's names of these types, and the keys that containers are dumped with: runc's, so that either restores the other's. */
const names = { network: { criu: 'net', key: 'extRootNetNS' }, pid: { criu: 'pid', key: 'extRootPidNS' } } as const;

/** The network and pid namespaces that the container joined by path. */
export function externalNamespaces(spec: Spec): ExternalNamespace[] {
  return (spec.linux?.namespaces ?? []).flatMap(({ type, path }) =>
    (type === 'network' || type === 'pid') && path ? [{ type, path }] : [],
  );
}

/** `--external` for a dump: what criu doesn't look into, by the inode of the namespace. */
export function externalName(type: ExternalNamespace['type'], inode: number): string {
  return `${names[type].criu}[${inode}]:${names[type].key}`;
}

/** The key of an inherited descriptor that a restore takes for that namespace. */
export const externalKey = (type: ExternalNamespace['type']): string => names[type].key;

/** Descriptors of the runtime that criu opens by way of /proc: images, and work folder if it is another one. */
export interface Folders {
  readonly images: number;
  readonly work?: number;
}

/** The part of a request that dump and restore share. */
export function commonOptions(
  options: CriuOptions,
  folders: Folders,
  { configFile, hasCgroup }: { configFile: string | undefined; hasCgroup: boolean },
): CriuOpts {
  const { manageCgroupsMode } = options;
  return {
    imagesDirFd: folders.images,
    ...(folders.work !== undefined && { workDirFd: folders.work }),
    logLevel: 4,
    notifyScripts: true,
    orphanPtsMaster: true,
    manageCgroups: true,
    // Without a cgroup of its own the container's processes stay wherever the runtime is.
    manageCgroupsMode: CgroupMode[manageCgroupsMode ?? (hasCgroup ? 'default' : 'ignore')],
    // Interfaces and addresses are the network's business, which is set up again by hooks or before the restore.
    emptyNs: CLONE_NEWNET,
    tcpEstablished: options.tcpEstablished,
    extUnixSk: options.extUnixSk,
    shellJob: options.shellJob,
    fileLocks: options.fileLocks,
    lazyPages: options.lazyPages,
    autoDedup: options.autoDedup,
    ...(configFile !== undefined && { configFile }),
  };
}
