/** Builds criu's request for a dump. */
import { commonOptions, type Directories } from './common-options.js';
import { type CriuRequest, NetworkLock, RequestType } from './messages.js';
import type { CheckpointOptions } from './options.js';

/** What a dump depends on besides the options. */
export interface DumpFacts {
  /** Of the container's init. */
  readonly pid: number;
  readonly rootfs: string;
  readonly directories: Directories;
  readonly configFile: string | undefined;
  /** Directory of the cgroup by which criu can freeze the container, where there is one. */
  readonly freezeCgroup: string | undefined;
  readonly hasCgroup: boolean;
  /** Whether the container has a terminal of its own. */
  readonly hasTerminal: boolean;
  /** Joined namespaces, as externalName names them. */
  readonly external: readonly string[];
  /** Mount points in the container (`key`) whose contents aren't dumped, and their names in the images (`val`). */
  readonly mounts: readonly { readonly key: string; readonly val: string }[];
}

/** Name of criu's log file in its work directory. */
export const DUMP_LOG = 'dump.log';

/** The request for `checkpoint`: a dump or a pre-dump. */
export function dumpRequest(options: CheckpointOptions, facts: DumpFacts): CriuRequest {
  const { preDump, parentPath, pageServer, networkLock } = options;
  return {
    type: preDump ? RequestType.preDump : RequestType.dump,
    opts: {
      ...commonOptions(options, facts.directories, facts),
      pid: facts.pid,
      root: facts.rootfs,
      logFile: DUMP_LOG,
      leaveRunning: options.leaveRunning,
      tcpSkipInFlight: options.tcpSkipInFlight,
      linkRemap: options.linkRemap,
      external: [...facts.external],
      ...(facts.freezeCgroup !== undefined && { freezeCgroup: facts.freezeCgroup }),
      ...(pageServer !== undefined && { ps: { ...pageServer } }),
      // Pages that haven't changed since the parent images were made aren't dumped again.
      ...(parentPath !== undefined && { parentImg: parentPath, trackMem: true }),
      ...(networkLock !== undefined && { networkLock: NetworkLock[networkLock] }),
      // A pre-dump contains only memory.
      ...(!preDump && { extMnt: facts.mounts.map((mount) => ({ ...mount })) }),
    },
  };
}
