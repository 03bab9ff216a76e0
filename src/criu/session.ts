import { ECONNRESET, EPIPE } from '../base/errno.js';
import { errnoText } from '../base/errno-text.js';
import { isErrno, TsruncError } from '../base/error.js';
import type { Native, SpawnedInit } from '../native/native.js';
import { signalName } from '../native/signals.js';
import type { Criu } from './executable.js';
import { withLog } from './log.js';
import {
  type CriuFeatures,
  type CriuNotify,
  type CriuRequest,
  type CriuResponse,
  criuRequest,
  criuResponse,
  RequestType,
} from './messages.js';
import { decodeMessage, encodeMessage } from './protobuf.js';

/** How criu is started. */
export interface SessionStart extends Criu {
  /** For its 0, 1, 2 and 4 on: ServiceStart.fds. */
  readonly fds: number[];
  /** Folder of cgroup v2 to start in, opened, or -1. */
  readonly cgroup: number;
  /** What criu is to find as the root file system to restore in, and where: `bindTarget` of ServiceStart. */
  readonly root?: { readonly source: string; readonly target: string };
}

/**
 * Answers one of criu's notifications: its name, and what came with it; the descriptors are the callee's from then on. What it
 * throws ends the request.
 */
export type Notified = (script: string, notify: CriuNotify, fds: readonly number[]) => void;

/**
 * A running `criu swrk` (criu.org/RPC): requests are packets on a socket. While one is served criu sends notifications and
 * waits for the answer to each.
 */
export class CriuSession {
  private status: number | undefined;

  private constructor(
    private readonly native: Native,
    private readonly process: SpawnedInit,
  ) {}

  /** @throws TsruncError 'system' when it can't be started. */
  static start(native: Native, { executable, env, fds, cgroup, root }: SessionStart): CriuSession {
    const process = native.spawnService({
      path: executable,
      args: ['criu', 'swrk', '3'],
      env,
      fds,
      cgroup,
      bindSource: root?.source ?? '',
      bindTarget: root?.target ?? '',
    });
    return new CriuSession(native, process);
  }

  get pid(): number {
    return this.process.pid;
  }

  /** criu's version as one number: 31600 is 3.16. A build of its development counts as the next minor version. */
  version(): number {
    const { version } = this.ask({ type: RequestType.version, keepOpen: true });
    const { major = 0, minor = 0, sublevel = 0, gitid } = version ?? {};
    return gitid === undefined ? major * 10000 + minor * 100 + sublevel : major * 10000 + (minor + 1) * 100;
  }

  /** Which of the features that are set criu and the kernel have. */
  features(features: CriuFeatures): CriuFeatures {
    return this.ask({ type: RequestType.featureCheck, keepOpen: true, features }).features ?? {};
  }

  /**
   * Sends a request and serves notifications until its answer. When `notified` throws, criu is told to give up, which it
   * does by undoing what it did, and the error is thrown once it has.
   * @param options.log where criu logs, for an error to quote.
   * @throws TsruncError 'system' when criu says that it failed, or ends without an answer.
   */
  ask(request: CriuRequest, { notified, log }: { notified?: Notified; log?: string } = {}): CriuResponse {
    const explained = (error: TsruncError) => (log === undefined ? error : withLog(this.native, error, log));
    this.send(request);
    let failure: { error: unknown } | undefined;
    for (;;) {
      const packet = this.native.receivePacket(this.process.socket);
      if (packet === null) throw failure === undefined ? explained(this.death()) : failure.error;
      const response = decodeMessage(criuResponse, packet.data);
      if (response.type !== RequestType.notify) {
        this.closeAll(packet.fds);
        if (failure !== undefined) throw failure.error;
        if (response.success !== true || response.type !== request.type)
          throw explained(refusal(response, log !== undefined));
        return response;
      }
      try {
        if (failure !== undefined || notified === undefined) this.closeAll(packet.fds);
        else notified(response.notify?.script ?? '', response.notify ?? {}, packet.fds);
      } catch (error) {
        failure = { error };
      }
      this.send({ type: RequestType.notify, notifySuccess: failure === undefined });
    }
  }

  /** Closes the socket, which ends criu, and waits for its end. */
  close(): void {
    const { socket, pidfd } = this.process;
    this.native.close(socket);
    this.end();
    this.native.close(pidfd);
  }

  /** Waits for criu's end: its status, or 128 + signal. */
  private end(): number {
    this.status ??= this.native.wait(this.process.pidfd, false) ?? 0;
    return this.status;
  }

  private closeAll(fds: readonly number[]): void {
    for (const fd of fds) this.native.close(fd);
  }

  /** That criu is gone shows better in what it said last, or in how it ended. */
  private send(request: CriuRequest): void {
    try {
      this.native.send(this.process.socket, encodeMessage(criuRequest, request));
    } catch (error) {
      if (!isErrno(error, EPIPE, ECONNRESET)) throw error;
    }
  }

  /** The error for a criu that closed the socket; it ends then. */
  private death(): TsruncError {
    const status = this.end();
    const how = status > 128 ? `was killed by ${signalName(status - 128)}` : `ended with status ${status}`;
    return new TsruncError('system', `criu ${how} before it had answered`);
  }
}

/** criu's own text is the first line of its log that looks like an error, which its log has too. */
function refusal({ type, message, errno = 0 }: CriuResponse, hasLog: boolean): TsruncError {
  const name = Object.entries(RequestType).find(([, number]) => number === type)?.[0] ?? `request ${type}`;
  const why = [errno === 0 ? '' : errnoText(errno), hasLog ? '' : (message?.trim() ?? '')].filter(
    (text) => text !== '',
  );
  return new TsruncError('system', [`criu ${name} failed`, ...why].join(': '), errno === 0 ? {} : { errno });
}
