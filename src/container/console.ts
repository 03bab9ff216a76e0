import { utf8Length } from '../base/bytes.js';
import { TsruncError } from '../base/error.js';
import { O_RDWR } from '../native/flags.js';
import type { Native } from '../native/native.js';
import { forOption } from './commands/for-option.js';
import type { Console } from './init/init-process.js';
import type { Runtime } from './runtime.js';
import { absolutePath } from './state/paths.js';

/** conmon reads the name of the terminal into a buffer of 4096 bytes. */
const NAME_LIMIT = 4095;

/**
 * Whoever detaches can't keep a terminal: it goes to the console socket, and only then. Whoever doesn't has to have one.
 * @param pointer of the member that asks for a terminal, '' for an option
 * @throws TsruncError 'usage' for a terminal without a socket, or a socket without a terminal to send; 'unsupported' for a
 *   terminal in the foreground of what has none, where nobody could end it.
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

/** As runc does: one of 0, 1, 2, or that of the session. */
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

/** Sends the master of the terminal to the caller: one message, the name and the one descriptor. */
export function sendConsole(rt: Runtime, socket: string | undefined, console: Console | undefined): void {
  if (socket === undefined) return;
  if (console === undefined) throw new TsruncError('internal', 'init made no terminal for the console socket');
  if (utf8Length(console.name) > NAME_LIMIT) throw new TsruncError('internal', 'the name of the terminal is too long');
  const { name, master } = console;
  forOption('--console-socket', socket, () => rt.native.sendDescriptors(absolutePath(rt, socket), name, [master]));
}

/** Sends the pidfd of init to the caller's --pidfd-socket, in the same form. */
export function sendPidfd(rt: Runtime, socket: string | undefined, pidfd: number): void {
  if (socket === undefined) return;
  forOption('--pidfd-socket', socket, () => rt.native.sendDescriptors(absolutePath(rt, socket), 'pidfd', [pidfd]));
}

/** 0, 1, 2 of init: the caller's own, or nothing until the terminal is there. */
export const stdioOf = (terminal: boolean): number[] => (terminal ? [-1, -1, -1] : [0, 1, 2]);
