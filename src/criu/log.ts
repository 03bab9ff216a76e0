/** Quotes criu's log in errors. */
import { TsruncError, withFields } from '../base/error.js';
import type { Native } from '../native/native.js';
import { readRegularFile } from '../native/regular-file.js';
import { kernelMisfit } from './kernel-misfit.js';

const LOG_LIMIT = 64 << 20;
/** criu's messages that don't tell the user what to do, and an explanation for each, given the whole log. */
const explanations: readonly (readonly [RegExp, (log: string) => string])[] = [
  [
    /Can't create a temporary directory: Read-only file system/,
    () => 'a root file system that is read-only needs a directory /tmp',
  ],
  [
    /execvp\("ip6?tables-restore", .*No such file or directory/,
    () => 'criu calls iptables, which is not in $PATH: install it, or checkpoint with --network-lock nftables or skip',
  ],
  [/Can't connect to server/, () => 'there is no page server'],
  [/initializing kerndat/, ofKernel],
];
/** The lines that an error quotes: criu's errors, and a failure that it takes for less. */
const TELLING = /Error|Can't connect to server/;
/** How many lines of the log an error quotes at most. */
const QUOTED = 8;

/** The head of a log names the versions of criu and of the kernel. */
function ofKernel(log: string): string {
  const version = /\bVersion: (\S+)/.exec(log)?.[1] ?? '(unknown version)';
  const release = /\bRunning on \S+ Linux (\S+)/.exec(log)?.[1] ?? '(unknown release)';
  return kernelMisfit(version, release);
}

/** What stands in criu's log; empty when it can't be read. */
function logText(native: Native, path: string): string {
  try {
    return readRegularFile(native, path, LOG_LIMIT) ?? '';
  } catch (error) {
    if (error instanceof TsruncError) return '';
    throw error;
  }
}

/**
 * The same error, with the path of criu's log and the errors in it added to the message.
 * @param path of the log
 */
export function withLog(native: Native, error: TsruncError, path: string): TsruncError {
  const log = logText(native, path);
  // The last ones: what went wrong first may have been put right.
  const found = log
    .split('\n')
    .filter((line) => TELLING.test(line))
    .slice(-QUOTED);
  const why = explanations
    .filter(([words]) => found.some((line) => words.test(line)))
    .map(([, explain]) => `: ${explain(log)}`);
  const more = found.length > 0 ? `:${found.map((line) => `\n  ${line}`).join('')}` : '';
  return withFields(error, { path }, `${error.message}${why.join('')}; its log is ${path}${more}`);
}
