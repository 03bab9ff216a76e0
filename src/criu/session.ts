/** Runs criu as a service and talks to it over its socket. */
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
  /** Our descriptors that become criu's 0, 1, 2 and then 4 and up (3 is its socket): ServiceStart.fds. */
  readonly fds: number[];
  /** Descriptor of the cgroup v2 directory to start in, or -1. */
  readonly cgroup: number;
  /** For a restore: the root file system, and the path where criu is to find it (ServiceStart.bindTarget). */
  readonly root?: { readonly source: string; readonly target: string };
}

/**
 * Handles one of criu's notifications: gets its name, its message and the descriptors sent with it, which it has to
 * close. If it throws, the request is aborted.
 */
export type Notified = (script: string, notify: CriuNotify, fds: readonly number[]) => void;

/**
 * A running `criu swrk` (criu.org/RPC). Requests are packets on a socket. While criu works on one it sends
 * notifications, and waits for the answer to each.
 */
export class CriuSession {
  private status: number | undefined;

  private constructor(
    private readonly native: Native,
    private readonly process: SpawnedInit,
  ) {}

  /**
   * Starts criu.
   * @throws TsruncError 'system' if it can't be started
   */
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

  /** criu's pid. */
  get pid(): number {
    return this.process.pid;
  }

  /**
   * Asks for criu's version, as one number: 31600 is 3.16. A development build (from git) counts as the next minor
   * version.
   */
  version(): number {
    const { version } = this.ask({ type: RequestType.version, keepOpen: true });
    const { major = 0, minor = 0, sublevel = 0, gitid } = version ?? {};
    return gitid === undefined ? major * 10000 + minor * 100 + sublevel : major * 10000 + (minor + 1) * 100;
  }

  /** Asks which of the features that are true in `features` criu and the kernel have. */
  features(features: CriuFeatures): CriuFeatures {
    return this.ask({ type: RequestType.featureCheck, keepOpen: true, features }).features ?? {};
  }

  /**
   * Sends a request, handles notifications until criu answers it, and returns the answer. When `notified` throws, criu
   * is told to give up; it then undoes what it did, and after that the error is thrown.
   * @param options.log path of criu's log, which errors quote
   * @throws TsruncError 'system' if criu says that it failed, or ends without an answer
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

  /** Closes the socket, which makes criu exit, and waits until it has. */
  close(): void {
    const { socket, pidfd } = this.process;
    this.native.close(socket);
    this.end();
    this.native.close(pidfd);
  }

  /** Waits until criu has exited; returns its exit status, or 128 + the signal that killed it. */
  private end(): number {
    this.status ??= this.native.wait(this.process.pidfd, false) ?? 0;
    return this.status;
  }

  private closeAll(fds: readonly number[]): void {
    for (const fd of fds) this.native.close(fd);
  }

  /**
   * Sends a request. If criu is gone that isn't an error yet: its last answer or its exit status says more about the
   * reason.
   */
  private send(request: CriuRequest): void {
    try {
      this.native.send(this.process.socket, encodeMessage(criuRequest, request));
    } catch (error) {
      if (!isErrno(error, EPIPE, ECONNRESET)) throw error;
    }
  }

  /** The error for a criu that closed the socket without an answer; it exits then. */
  private death(): TsruncError {
    const status = this.end();
    const how = status > 128 ? `was killed by ${signalName(status - 128)}` : `ended with status ${status}`;
    return new TsruncError('system', `criu ${how} before it had answered`);
  }
}

/**
 * The error for a failed request.
 * @param hasLog leave out criu's own message: it is a line of the log, which is quoted anyway
 */
function refusal({ type, message, errno = 0 }: CriuResponse, hasLog: boolean): TsruncError {
  const name = Object.entries(RequestType).find(([, number]) => number === type)?.[0] ?? `request ${type}`;
  const why = [errno === 0 ? '' : errnoText(errno), hasLog ? '' : (message?.trim() ?? '')].filter(
    (text) => text !== '',
  );
  return new TsruncError('system', [`criu ${name} failed`, ...why].join(': '), errno === 0 ? {} : { errno });
}
