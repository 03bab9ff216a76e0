/** Reads the options of the two commands that use criu, `checkpoint` and `restore`. */
import { TsruncError } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { CheckpointOptions, CriuOptions } from '../criu/options.js';
import type { CommandContext } from './context.js';
import type { Arguments } from './parse.js';

/** The options that `checkpoint` and `restore` have in common, from their arguments. */
export function criuOptionsOf(args: Arguments): CriuOptions {
  const workPath = args.text('work-path');
  const mode = args.text('manage-cgroups-mode') as CriuOptions['manageCgroupsMode'];
  return {
    id: args.positionals[0] ?? '',
    imagePath: args.text('image-path') || './checkpoint',
    ...(workPath ? { workPath } : {}),
    tcpEstablished: args.flag('tcp-established'),
    extUnixSk: args.flag('ext-unix-sk'),
    shellJob: args.flag('shell-job'),
    fileLocks: args.flag('file-locks'),
    lazyPages: args.flag('lazy-pages'),
    autoDedup: args.flag('auto-dedup'),
    ...(mode !== undefined && { manageCgroupsMode: mode }),
  };
}

/**
 * Warns that --criu has no effect. Older versions of runc had this global option, and engines may give it with every command; only
 * those that use criu call this.
 */
export function warnOfCriuOption({ rt, globals }: CommandContext): void {
  if (globals.text('criu')) rt.warn(new TsruncError('usage', '--criu is ignored: criu is looked for in $PATH'));
}

/**
 * The value of --page-server: ADDRESS:PORT, with an IPv6 address in brackets.
 * @throws TsruncError 'usage' for any other text
 */
export function readPageServer(text: string): NonNullable<CheckpointOptions['pageServer']> {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  if (address !== undefined && Number(port) > 0 && Number(port) < 65536) return { address, port: Number(port) };
  throw new TsruncError('usage', `invalid value ${quote(text)} for --page-server: must be ADDRESS:PORT`);
}

/**
 * The value of --status-fd: the number of a descriptor, or undefined for -1, which means none as in runc.
 * @throws TsruncError 'usage' for any other text
 */
export function readStatusFd(text: string): number | undefined {
  if (text === '-1') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new TsruncError('usage', `invalid value ${quote(text)} for --status-fd: must be the number of a descriptor`);
}
