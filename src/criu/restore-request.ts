import { TsruncError } from '../base/error.js';
import type { NamespaceType, Spec } from '../config/spec.js';
import { commonOptions, type Folders } from './common-options.js';
import { type CriuOpts, type CriuRequest, RequestType } from './messages.js';
import type { RestoreOptions } from './options.js';

/** What a restore depends on besides the options. */
export interface RestoreFacts {
  /** Where criu finds the root file system mounted. */
  readonly root: string;
  readonly folders: Folders;
  readonly configFile: string | undefined;
  readonly hasCgroup: boolean;
  /** The container's cgroup in each hierarchy. */
  readonly cgroupRoots: readonly { readonly ctrl: string; readonly path: string }[];
  /** criu's descriptors for what the images have by these keys. */
  readonly inherited: readonly { readonly key: string; readonly fd: number }[];
  /** Names of mounts in the images, and what is to be mounted there. */
  readonly mounts: readonly { readonly key: string; readonly val: string }[];
}

/** Name of criu's log. */
export const RESTORE_LOG = 'restore.log';

/** What criu is asked for `restore`. */
export function restoreRequest(options: RestoreOptions, spec: Spec, facts: RestoreFacts): CriuRequest {
  const { lsmProfile, lsmMountContext } = options;
  return {
    type: RequestType.restore,
    opts: {
      ...commonOptions(options, facts.folders, facts),
      root: facts.root,
      logFile: RESTORE_LOG,
      evasiveDevices: true,
      // The container's init becomes our child and not criu's.
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

/** criu's names; network and pid namespaces come as inherited descriptors. */
const joinable: Partial<Record<NamespaceType, string>> = {
  mount: 'mnt',
  ipc: 'ipc',
  uts: 'uts',
  user: 'user',
  time: 'time',
};

function joinedNamespaces(spec: Spec): NonNullable<CriuOpts['joinNs']> {
  return (spec.linux?.namespaces ?? []).flatMap(({ type, path }, i) => {
    if (!path || type === 'network' || type === 'pid') return [];
    const ns = joinable[type];
    if (ns === undefined) {
      throw new TsruncError('unsupported', `criu can't restore into a ${type} namespace that is there already`, {
        pointer: `/linux/namespaces/${i}/path`,
      });
    }
    return [{ ns, nsFile: path }];
  });
}
