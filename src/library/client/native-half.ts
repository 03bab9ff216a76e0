/** The functions of the addon that the client uses. Only terminals can't do without. */
import { loadAddon } from '../../hosts/node/addon.js';
import { systemError } from '../../native/system-error.js';

/** What addon/core/terminal-relay.h describes. */
export interface NativeHalf {
  openPipe(): [read: number, write: number];
  serveConsole(path: string): [number: number, socket: number];
  serveTerminal(columns: number, rows: number): [number: number, socket: number, terminal: number];
  resizeTerminal(number: number, columns: number, rows: number): void;
  watchProcess(pid: number): number;
}

let half: NativeHalf | undefined;

/**
 * The functions of the addon, which is loaded by the first call.
 * @throws TsruncError 'unsupported' when there is none for this machine
 */
export function nativeHalf(): NativeHalf {
  if (!half) {
    const addon = loadAddon();
    addon.setErrorFactory(systemError);
    half = addon as unknown as NativeHalf;
  }
  return half;
}

/** The same, or undefined when there is none for this machine. */
export function nativeHalfIfThere(): NativeHalf | undefined {
  try {
    return nativeHalf();
  } catch {
    return undefined;
  }
}
