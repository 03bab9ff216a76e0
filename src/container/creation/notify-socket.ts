/**
 * Readiness messages (sd_notify(3)). If the runtime was started with NOTIFY_SOCKET, the container gets its own socket
 * at /run/notify/notify.sock, and the runtime forwards READY=1 from it together with the MAINPID to supervise. That
 * is init if the runtime detaches. Otherwise it is the runtime: the service manager sees its end, which it doesn't
 * see of init, and the runtime has to outlive init to return its exit status and delete the container.
 */
import { EEXIST, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { O_NONBLOCK, O_RDONLY, O_WRONLY, POLLIN } from '../../native/flags.js';
import { openProcess } from '../init/process-id.js';
import type { Runtime } from '../runtime.js';
import { NOTIFY_DIRECTORY, stateDirectory } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';

const MESSAGE_LIMIT = 4096;
/** How long to wait for the service manager at the barrier, in ms. */
const BARRIER_TIMEOUT = 30_000;

/** Whether a container made now gets a socket for readiness messages. */
export const hasNotifySocket = (rt: Runtime): boolean => (rt.env.NOTIFY_SOCKET ?? '') !== '';

/** Makes the directory for the socket in the state directory; it is mounted into the container. */
export function makeNotifyDirectory(rt: Runtime, id: string): void {
  const directory = `${stateDirectory(rt, id)}/${NOTIFY_DIRECTORY}`;
  rt.native.mkdir(directory, 0o755);
  // mkdir(2) applied the umask, but the container's user has to reach the socket.
  rt.native.chmod(directory, 0o755);
}

/** Binds the container's socket, which has to happen before its process starts, and returns the descriptor. */
export function bindNotifySocket(rt: Runtime, id: string): number {
  const path = `${stateDirectory(rt, id)}/${NOTIFY_DIRECTORY}/notify.sock`;
  const fd = rt.native.bindDatagram(path);
  rt.native.chmod(path, 0o777);
  return fd;
}

/** Waits until the container reports that it is ready, and forwards that, or until it ends. Closes the socket. */
export function waitForReadiness(rt: Runtime, state: StateFile, socket: number): void {
  const { native } = rt;
  rt.settle();
  const pidfd = openProcess(native, state);
  try {
    for (;;) {
      const descriptors = pidfd === null ? [socket] : [socket, pidfd];
      const events = descriptors.map(() => POLLIN);
      const [message = 0, end = 0] = native.poll(descriptors, events, pidfd === null ? 0 : -1);
      if (message !== 0 && forwardReadiness(rt, state, socket, state.pid)) return;
      if (message === 0 && (end !== 0 || pidfd === null)) return;
    }
  } finally {
    native.close(socket);
    if (pidfd !== null) native.close(pidfd);
  }
}

/**
 * Reads one message of the container and forwards its READY= line. Anything else it may say to the service manager
 * (its own MAINPID, watchdog settings) is dropped. That forwarding failed is a warning.
 * @param mainPid the process that the service manager is to supervise from then on
 * @returns true if the message had a READY= line
 */
export function forwardReadiness(rt: Runtime, state: StateFile, socket: number, mainPid: number): boolean {
  const text = rt.native.read(socket, MESSAGE_LIMIT) ?? '';
  const ready = text.split('\n').find((line) => line.startsWith('READY='));
  if (ready === undefined) return false;
  const host = rt.env.NOTIFY_SOCKET ?? '';
  if (host === '') return true;
  try {
    rt.native.sendDatagram(host, `${ready}\n`, []);
    rt.native.sendDatagram(host, `MAINPID=${mainPid}\n`, []);
    barrier(rt, state.id, host);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    rt.warn(
      withFields(error, {}, `NOTIFY_SOCKET ${host}: the container is ready, and that can't be told: ${error.message}`),
    );
  }
  return true;
}

/**
 * Does what sd_notify_barrier(3) does: sends one end of a pipe and waits until the service manager closes it, which
 * it does once it has handled all earlier messages. The pipe is a fifo in the state directory.
 */
function barrier(rt: Runtime, id: string, host: string): void {
  const { native } = rt;
  const path = `${stateDirectory(rt, id)}/barrier.fifo`;
  try {
    native.mkfifo(path, 0o600);
  } catch (error) {
    if (!isErrno(error, EEXIST)) throw error;
  }
  const reader = native.open(path, O_RDONLY | O_NONBLOCK, 0);
  const writer = native.open(path, O_WRONLY | O_NONBLOCK, 0);
  try {
    native.sendDatagram(host, 'BARRIER=1', [writer]);
  } finally {
    native.close(writer);
    removeFile(rt, path);
  }
  try {
    native.poll([reader], [0], BARRIER_TIMEOUT);
  } finally {
    native.close(reader);
  }
}

function removeFile(rt: Runtime, path: string): void {
  try {
    rt.native.unlink(path);
  } catch (error) {
    if (!isErrno(error, ENOENT)) throw error;
  }
}
