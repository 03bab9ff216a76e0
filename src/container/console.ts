import { utf8Length } from '../bytes.js';
import { TsruncError } from '../error.js';
import type { Console } from './init-process.js';
import { absolutePath } from './paths.js';
import type { Runtime } from './runtime.js';

/** conmon reads the name of the terminal into a buffer of 4096 bytes. */
const NAME_LIMIT = 4095;

/**
 * Whoever detaches can't keep a terminal: it goes to the console socket, and only then.
 * @throws TsruncError 'usage' for a terminal without a socket, or a socket without a terminal to send.
 */
export function checkConsole(terminal: boolean, detached: boolean, consoleSocket: string | undefined): void {
  if (terminal && detached && consoleSocket === undefined) {
    throw new TsruncError('usage', 'cannot allocate tty if tsrunc will detach without setting console socket', {
      hint: 'give --console-socket, or set process.terminal to false',
    });
  }
  if (!(terminal && detached) && consoleSocket !== undefined) {
    throw new TsruncError('usage', 'cannot use console socket if tsrunc will not detach or allocate tty');
  }
}

/** Sends the master of the terminal to the caller: one message, the name and the one descriptor. */
export function sendConsole(rt: Runtime, socket: string | undefined, console: Console | undefined): void {
  if (socket === undefined) return;
  if (console === undefined) throw new TsruncError('internal', 'init made no terminal for the console socket');
  if (utf8Length(console.name) > NAME_LIMIT) throw new TsruncError('internal', 'the name of the terminal is too long');
  rt.native.sendDescriptors(absolutePath(rt, socket), console.name, [console.master]);
}

/** Sends the pidfd of init to the caller's --pidfd-socket, in the same form. */
export function sendPidfd(rt: Runtime, socket: string | undefined, pidfd: number): void {
  if (socket !== undefined) rt.native.sendDescriptors(absolutePath(rt, socket), 'pidfd', [pidfd]);
}

/** 0, 1, 2 of init: the caller's own, or nothing until the terminal is there. */
export const stdioOf = (terminal: boolean): number[] => (terminal ? [-1, -1, -1] : [0, 1, 2]);
