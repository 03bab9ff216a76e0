import { commonOptions, type Folders } from './common-options.js';
import { type CriuRequest, NetworkLock, RequestType } from './messages.js';
import type { CheckpointOptions } from './options.js';

/** What a dump depends on besides the options. */
export interface DumpFacts {
  readonly pid: number;
  readonly rootfs: string;
  readonly folders: Folders;
  readonly configFile: string | undefined;
  /** Folder of the cgroup to freeze by, where there is one. */
  readonly freezeCgroup: string | undefined;
  readonly hasCgroup: boolean;
  /** Joined namespaces, as externalName gives them. */
  readonly external: readonly string[];
  /** Mount points in the container whose contents come from outside, and the names they are kept by. */
  readonly mounts: readonly { readonly key: string; readonly val: string }[];
}

/** Name of criu's log. */
export const DUMP_LOG = 'dump.log';

/** What criu is asked for `checkpoint`. */
export function dumpRequest(options: CheckpointOptions, facts: DumpFacts): CriuRequest {
  const { preDump, parentPath, pageServer, networkLock } = options;
  return {
    type: preDump ? RequestType.preDump : RequestType.dump,
    opts: {
      ...commonOptions(options, facts.folders, facts),
      pid: facts.pid,
      root: facts.rootfs,
      logFile: DUMP_LOG,
      leaveRunning: options.leaveRunning,
      tcpSkipInFlight: options.tcpSkipInFlight,
      linkRemap: options.linkRemap,
      external: [...facts.external],
      ...(facts.freezeCgroup !== undefined && { freezeCgroup: facts.freezeCgroup }),
      ...(pageServer !== undefined && { ps: { ...pageServer } }),
      // The pages that haven't changed since the parent was made are left to it.
      ...(parentPath !== undefined && { parentImg: parentPath, trackMem: true }),
      ...(networkLock !== undefined && { networkLock: NetworkLock[networkLock] }),
      // A pre-dump is memory alone.
      ...(!preDump && { extMnt: facts.mounts.map((mount) => ({ ...mount })) }),
    },
  };
}
