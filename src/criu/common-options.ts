/** The parts that dump and restore requests have in common. */
import type { Spec } from '../config/spec.js';
import { CLONE_NEWNET } from '../native/flags.js';
import { CgroupMode, type CriuOpts } from './messages.js';
import type { CriuOptions } from './options.js';

/**
 * A namespace that the container joined by path, of a type that criu can treat as external: it neither dumps nor makes
 * it.
 */
export interface ExternalNamespace {
  readonly type: 'network' | 'pid';
  readonly path: string;
}

/**
 * criu's names for these types, and the keys in the images. The keys are runc's, so that each can restore the other's
 * images.
 */
const names = { network: { criu: 'net', key: 'extRootNetNS' }, pid: { criu: 'pid', key: 'extRootPidNS' } } as const;

/** The network and pid namespaces that the container joined by path. */
export function externalNamespaces(spec: Spec): ExternalNamespace[] {
  return (spec.linux?.namespaces ?? []).flatMap(({ type, path }) =>
    (type === 'network' || type === 'pid') && path ? [{ type, path }] : [],
  );
}

/** An external namespace as a dump request names it (as criu's option --external does): by its inode number. */
export function externalName(type: ExternalNamespace['type'], inode: number): string {
  return `${names[type].criu}[${inode}]:${names[type].key}`;
}

/** The key under which a restore request passes a descriptor of that namespace. */
export const externalKey = (type: ExternalNamespace['type']): string => names[type].key;

/**
 * The runtime's descriptors of the images' directory and, if that is another one, of the work directory. criu opens
 * them through /proc.
 */
export interface Directories {
  readonly images: number;
  readonly work?: number;
}

/**
 * The options that dump and restore requests have in common.
 * @param configFile criu's configuration file (criuConfigFile)
 * @param hasCgroup whether the container has a cgroup of its own
 * @param hasTerminal whether it has a terminal of its own, whose master end criu hands over
 */
export function commonOptions(
  options: CriuOptions,
  directories: Directories,
  { configFile, hasCgroup, hasTerminal }: { configFile: string | undefined; hasCgroup: boolean; hasTerminal: boolean },
): CriuOpts {
  const { manageCgroupsMode } = options;
  return {
    imagesDirFd: directories.images,
    ...(directories.work !== undefined && { workDirFd: directories.work }),
    logLevel: 4,
    notifyScripts: true,
    // With both, criu makes a new terminal for the caller's, and crashes when it looks for the mount that the slave is of.
    orphanPtsMaster: hasTerminal || !options.shellJob,
    manageCgroups: true,
    // Without a cgroup of its own, the container's processes stay in the runtime's.
    manageCgroupsMode: CgroupMode[manageCgroupsMode ?? (hasCgroup ? 'default' : 'ignore')],
    // criu neither dumps nor restores interfaces and addresses: hooks or the engine set them up again.
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
