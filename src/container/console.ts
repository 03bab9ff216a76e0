/** Hands the terminal of a process, and its pidfd, to the caller. */
import { utf8Length } from '../base/bytes.js';
import { TsruncError } from '../base/error.js';
import { O_RDWR } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { forOption } from './commands/for-option.js';
import type { Console } from './init/child-process.js';
import type { Runtime } from './runtime.js';
import { absolutePath } from './state/paths.js';

/** conmon reads the name of the terminal into a buffer of 4096 bytes. */
const NAME_LIMIT = 4095;

/**
 * Checks that the terminal of a process has somewhere to go. A detached process needs a console socket for it, and
 * only that one may have a socket; in the foreground tsrunc needs a terminal itself, without which nobody could end
 * the process.
 * @param pointer JSON pointer of the field that asks for a terminal, '' if an option does
 * @throws TsruncError 'usage' for a terminal without a socket, or a socket without a terminal to send; 'unsupported'
 * for a terminal in the foreground if tsrunc has none
 */
export function checkConsole(
  rt: Runtime,
  terminal: boolean,
  pointer: string,
  { detach: detached, consoleSocket }: { detach: boolean; consoleSocket?: string },
): void {
  if (terminal && detached && consoleSocket === undefined) {
    throw new TsruncError('usage', 'cannot allocate tty if tsrunc will detach without setting console socket', {
      hint: 'give --console-socket, or set process.terminal to false',
    });
  }
  if (!(terminal && detached) && consoleSocket !== undefined) {
    throw new TsruncError('usage', 'cannot use console socket if tsrunc will not detach or allocate tty');
  }
  if (terminal && !detached) checkOwnTerminal(rt.native, pointer);
}

/** Any of 0, 1, 2 may be the terminal, or else the session has one, as with runc. */
function checkOwnTerminal(native: Native, pointer: string): void {
  if ([0, 1, 2].some((fd) => native.isatty(fd))) return;
  try {
    native.close(native.open('/dev/tty', O_RDWR, 0));
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    throw new TsruncError('unsupported', `a terminal is asked for, and tsrunc has none itself: ${error.message}`, {
      ...(pointer !== '' && { pointer }),
      hint: 'run it in a terminal, or ask for none',
    });
  }
}

/**
 * Sends the master of the terminal to the socket of --console-socket: one message with its name and one descriptor.
 */
export function sendConsole(rt: Runtime, socket: string | undefined, console: Console | undefined): void {
  if (socket === undefined) return;
  if (console === undefined) throw new TsruncError('internal', 'init made no terminal for the console socket');
  if (utf8Length(console.name) > NAME_LIMIT) throw new TsruncError('internal', 'the name of the terminal is too long');
  const { name, master } = console;
  forOption('--console-socket', socket, () => rt.native.sendDescriptors(absolutePath(rt, socket), name, [master]));
}

/** Sends the pidfd of init to the socket of --pidfd-socket, in the form of sendConsole. */
export function sendPidfd(rt: Runtime, socket: string | undefined, pidfd: number): void {
  if (socket === undefined) return;
  forOption('--pidfd-socket', socket, () => rt.native.sendDescriptors(absolutePath(rt, socket), 'pidfd', [pidfd]));
}

/** The descriptors for 0, 1, 2 of init: the runtime's own, or -1 (none) if init will open a terminal. */
export const stdioOf = (terminal: boolean): number[] => (terminal ? [-1, -1, -1] : [0, 1, 2]);
