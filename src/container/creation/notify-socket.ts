/**
 * NOTIFY_SOCKET (sd_notify(3)): a container whose runtime was started with it gets a socket of its own at
 * /run/notify/notify.sock, and the runtime passes its READY=1 on, with the MAINPID to supervise: init when the runtime
 * goes away, else the runtime, whose end the service manager sees (init isn't its child) and which has to outlive init
 * for its exit status to be passed on and the container to be deleted.
 */
import { EEXIST, ENOENT } from '../../base/errno.js';
import { isErrno, TsruncError, withFields } from '../../base/error.js';
import { O_NONBLOCK, O_RDONLY, O_WRONLY, POLLIN } from '../../native/flags.js';
import { openProcess } from '../init/alive.js';
import type { Runtime } from '../runtime.js';
import { NOTIFY_FOLDER, stateFolder } from '../state/paths.js';
import type { StateFile } from '../state/state-schema.js';

const MESSAGE_LIMIT = 4096;
/** How long the service manager may take for the barrier, in ms. */
const BARRIER_TIMEOUT = 30_000;

/** Whether a container that is made now gets one. */
export const hasNotifySocket = (rt: Runtime): boolean => (rt.env.NOTIFY_SOCKET ?? '') !== '';

/** Makes the folder that is mounted into the container. */
export function makeNotifyFolder(rt: Runtime, id: string): void {
  const folder = `${stateFolder(rt, id)}/${NOTIFY_FOLDER}`;
  rt.native.mkdir(folder, 0o755);
  // Whatever the umask: the user of the container must get to the socket.
  rt.native.chmod(folder, 0o755);
}

/** Binds the container's socket, before its process starts; returns its descriptor. */
export function bindNotifySocket(rt: Runtime, id: string): number {
  const path = `${stateFolder(rt, id)}/${NOTIFY_FOLDER}/notify.sock`;
  const fd = rt.native.bindDatagram(path);
  rt.native.chmod(path, 0o777);
  return fd;
}

/** Waits until the container reports that it is ready, and passes that on, or until it ends. Closes the socket. */
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
 * Reads one message of the container and passes on its READY= line; all else it may want to tell the service manager
 * stays here (MAINPID of its own, watchdog settings).
 * @param mainPid the process for the service manager to supervise from then on.
 * @returns true when it was that message.
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
 * sd_notify_barrier(3): sends one end of a pipe and waits until the service manager has closed it, which it does after
 * it has dealt with what was sent before. The pipe is a fifo of the state folder.
 */
function barrier(rt: Runtime, id: string, host: string): void {
  const { native } = rt;
  const path = `${stateFolder(rt, id)}/barrier.fifo`;
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
