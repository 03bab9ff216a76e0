/** Whether the kernel will execute a file: its format, and the interpreter that it names. */
import { TsruncError } from '../../base/error.js';
import { O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDONLY, S_IFMT, S_IFREG } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { fileKind } from '../../native/regular-file.js';
import { type Resolved, resolveIn } from './resolve-path.js';
import { fails, unknown, type Verdict, WORKS } from './verdict.js';

/** How much of a file is read: the program headers and the name of the interpreter are near its beginning. */
const HEAD = 4096;
/** Scripts may be the interpreters of scripts (execve(2)). */
const DEPTH = 4;
const PT_INTERP = 3;

/** The ELF machines (e_machine, elf.h) that each architecture executes, and those it may. */
const machines: Readonly<Record<string, readonly number[]>> = { x86_64: [62, 3], aarch64: [183, 40] };

/** A root directory in which programs are looked at. */
export interface ProgramRoot {
  readonly native: Native;
  /** '' for our own. */
  readonly root: string;
  /** True for a path at which something will be that isn't there yet. */
  isLater(path: string): boolean;
}

/**
 * Looks at a program and its interpreters.
 * @param path absolute, or relative to /
 */
export function checkProgram(place: ProgramRoot, path: string, depth = 0): Verdict {
  try {
    return check(place, path, depth);
  } catch (error) {
    if (!(error instanceof TsruncError)) throw error;
    return unknown(`${path} can't be looked at: ${error.message}`);
  }
}

function check(place: ProgramRoot, path: string, depth: number): Verdict {
  const { native, root } = place;
  const found = resolveIn(native, root, path);
  if (place.isLater(path) || place.isLater(found.path)) return unknown(`what will be at ${path} isn't mounted yet`);
  const wrong = wrongFile(found, path, depth);
  if (wrong !== '') return { ...fails(wrong), passedOver: depth === 0 };
  const head = readHead(native, `${root}${found.path}`);
  const interpreter = interpreterOf(head, native.uname()[4] ?? '');
  if (interpreter === undefined) {
    if (hasOtherFormats(native)) return unknown(`${path}: a format that only binfmt_misc may know`);
    return fails(`${path}: exec format error: neither a script with #! nor a program for this machine`);
  }
  if (interpreter === '') return WORKS;
  if (depth >= DEPTH) return fails(`${path}: too many interpreters`);
  return checkProgram(place, interpreter, depth + 1);
}

function wrongFile({ stat }: Resolved, path: string, depth: number): string {
  const what = depth === 0 ? path : `the interpreter ${path}`;
  if (stat === null) return `${what} is missing in the root file system`;
  if ((stat.mode & S_IFMT) !== S_IFREG) return `${what} is no regular file`;
  return (stat.mode & 0o111) === 0 ? `${what} is not executable` : '';
}

function readHead(native: Native, path: string): Uint8Array {
  // A process that shares the root file system may have put something else there meanwhile, or a symlink in the way that leads to
  // the host: opening a device may already do something.
  const place = native.open(path, O_PATH | O_NOFOLLOW, 0);
  try {
    const { mode } = native.fstat(place);
    if ((mode & S_IFMT) !== S_IFREG) throw new TsruncError('system', `${path} is ${fileKind(mode)} now`, { path });
    const fd = native.open(`/proc/self/fd/${place}`, O_RDONLY | O_NONBLOCK, 0);
    try {
      return native.readBytes(fd, HEAD);
    } finally {
      native.close(fd);
    }
  } finally {
    native.close(place);
  }
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The interpreter that a file names: '' for one that needs none; undefined for a format that this machine doesn't execute. */
export function interpreterOf(head: Uint8Array, machine: string): string | undefined {
  if (head[0] === 0x23 && head[1] === 0x21) {
    const line = textOf(head.subarray(2, 258)).split('\n')[0] ?? '';
    return line.trim().split(/[ \t]/)[0] || undefined;
  }
  if (textOf(head.subarray(0, 4)) !== '\x7fELF' || head.length < 64) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const wide = head[4] === 2;
  if (head[5] !== 1 || !(machines[machine]?.includes(view.getUint16(18, true)) ?? true)) return undefined;
  const table = wide ? Number(view.getBigUint64(32, true)) : view.getUint32(28, true);
  const size = view.getUint16(wide ? 54 : 42, true);
  const count = view.getUint16(wide ? 56 : 44, true);
  if (size < (wide ? 56 : 32)) return undefined;
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    if (at + size > head.length) break;
    if (view.getUint32(at, true) !== PT_INTERP) continue;
    const offset = wide ? Number(view.getBigUint64(at + 8, true)) : view.getUint32(at + 4, true);
    const length = wide ? Number(view.getBigUint64(at + 32, true)) : view.getUint32(at + 16, true);
    if (offset + length > head.length) break;
    return textOf(head.subarray(offset, offset + length)).replace(/\0.*$/s, '');
  }
  return '';
}

/** Whether anything is registered with binfmt_misc, which can make any format executable. */
function hasOtherFormats(native: Native): boolean {
  try {
    return native
      .readDir('/proc/sys/fs/binfmt_misc')
      .some((name) => name !== 'register' && name !== 'status' && !name.startsWith('.'));
  } catch (error) {
    if (error instanceof TsruncError) return false;
    throw error;
  }
}
