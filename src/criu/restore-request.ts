/** Builds criu's request for a restore. */
import { TsruncError } from '../base/error.js';
import { namespaceTypes } from '../config/namespace-types.js';
import type { NamespaceType, Spec } from '../config/spec.js';
import { commonOptions, type Directories } from './common-options.js';
import { type CriuOpts, type CriuRequest, RequestType } from './messages.js';
import type { RestoreOptions } from './options.js';

/** What a restore depends on besides the options. */
export interface RestoreFacts {
  /** The path at which criu finds the root file system mounted. */
  readonly root: string;
  readonly directories: Directories;
  readonly configFile: string | undefined;
  readonly hasCgroup: boolean;
  /** Whether the container has a terminal of its own. */
  readonly hasTerminal: boolean;
  /** The container's cgroup in each hierarchy. */
  readonly cgroupRoots: readonly { readonly ctrl: string; readonly path: string }[];
  /** criu's descriptors that stand for what the images name by these keys. */
  readonly inherited: readonly { readonly key: string; readonly fd: number }[];
  /** Names of mounts in the images (`key`), and what is to be mounted there (`val`). */
  readonly mounts: readonly { readonly key: string; readonly val: string }[];
}

/** Name of criu's log file in its work directory. */
export const RESTORE_LOG = 'restore.log';

/**
 * The request for `restore`.
 * @throws TsruncError 'unsupported' if the container joins a namespace by path that criu can't restore into
 */
export function restoreRequest(options: RestoreOptions, spec: Spec, facts: RestoreFacts): CriuRequest {
  const { lsmProfile, lsmMountContext } = options;
  return {
    type: RequestType.restore,
    opts: {
      ...commonOptions(options, facts.directories, facts),
      root: facts.root,
      logFile: RESTORE_LOG,
      evasiveDevices: true,
      // The container's init becomes a child of the runtime instead of criu's.
      rstSibling: true,
      tcpClose: options.tcpClose,
      cgRoot: facts.cgroupRoots.map((root) => ({ ...root })),
      inheritFd: facts.inherited.map((one) => ({ ...one })),
      extMnt: facts.mounts.map((mount) => ({ ...mount })),
      joinNs: joinedNamespaces(spec),
      ...(lsmProfile !== undefined && { lsmProfile }),
      ...(lsmMountContext !== undefined && { lsmMountContext }),
    },
  };
}

/** The namespaces that criu can join. Network and pid namespaces are passed as descriptors instead. */
const joinable: ReadonlySet<NamespaceType> = new Set(['mount', 'ipc', 'uts', 'user', 'time'] as const);

function joinedNamespaces(spec: Spec): NonNullable<CriuOpts['joinNs']> {
  return (spec.linux?.namespaces ?? []).flatMap(({ type, path }, i) => {
    if (!path || type === 'network' || type === 'pid') return [];
    if (!joinable.has(type)) {
      throw new TsruncError('unsupported', `criu can't restore into a ${type} namespace that is there already`, {
        pointer: `/linux/namespaces/${i}/path`,
      });
    }
    // criu's names are those of the kernel.
    return [{ ns: namespaceTypes[type].file, nsFile: path }];
  });
}
