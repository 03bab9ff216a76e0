/** Reads the options of `exec`. */
import { TsruncError } from '../base/error.js';
import { quote } from '../base/quote.js';
import type { Process } from '../config/spec.js';
import type { ExecOptions } from '../container/options.js';
import type { Arguments } from './parse.js';

/** The largest id: for the kernel, 2^32 - 1 means "no id". */
const MAX_ID = 0xfffffffe;

/**
 * An id, which must be decimal digits and nothing else. A text that only begins with digits is refused, and never cut to them: the
 * process would have another user than was asked for (CVE-2026-30892).
 */
function parseId(text: string, what: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (id <= MAX_ID) return id;
  throw new TsruncError('usage', `invalid ${what} ${quote(text)}`, {
    hint: `give a number from 0 to ${MAX_ID}; names are not looked up`,
  });
}

function parseUser(text: string): { uid: number; gid?: number } {
  const [uid = '', gid, ...more] = text.split(':');
  if (more.length) throw new TsruncError('usage', `invalid --user ${quote(text)}`, { hint: 'give UID or UID:GID' });
  return { uid: parseId(uid, 'uid in --user'), ...(gid === undefined ? {} : { gid: parseId(gid, 'gid in --user') }) };
}

function checkVariable(variable: string): string {
  if (variable.indexOf('=') > 0) return variable;
  throw new TsruncError('usage', `invalid --env ${quote(variable)}`, { hint: 'give NAME=VALUE' });
}

/** The full name of a capability, e.g. CAP_NET_ADMIN for net_admin. */
function capabilityName(text: string): string {
  const name = text.toUpperCase();
  return name.startsWith('CAP_') ? name : `CAP_${name}`;
}

/**
 * The options of `exec`, from its arguments.
 * @param process the process in the file of --process, if that was given
 * @throws TsruncError 'usage' for a value that is wrong, or for a command together with --process, or neither
 */
export function execOptionsOf(args: Arguments, process: Process | undefined): ExecOptions {
  const command = args.positionals.slice(1);
  if (process ? command.length > 0 : command.length === 0) {
    const what = process ? `a command (${command[0]}) was given besides --process` : 'process args cannot be empty';
    throw new TsruncError('usage', what, { hint: 'give either a command behind the ID or --process FILE' });
  }
  const user = args.text('user');
  const cwd = args.text('cwd');
  if (cwd && !cwd.startsWith('/'))
    throw new TsruncError('usage', `invalid --cwd ${quote(cwd)}: must be an absolute path in the container`);
  return {
    ...(process ? { process } : {}),
    args: command,
    ...optional('cwd', cwd),
    env: args.list('env').map(checkVariable),
    tty: args.flag('tty') || process?.terminal === true,
    ...(user ? { user: parseUser(user) } : {}),
    additionalGids: args.list('additional-gids').map((gid) => parseId(gid, 'gid in --additional-gids')),
    detach: args.flag('detach'),
    ...optional('pidFile', args.text('pid-file')),
    ...optional('consoleSocket', args.text('console-socket')),
    ...optional('pidfdSocket', args.text('pidfd-socket')),
    ...optional('processLabel', args.text('process-label')),
    ...optional('apparmor', args.text('apparmor')),
    noNewPrivs: args.flag('no-new-privs'),
    capabilities: args.list('cap').map(capabilityName),
    preserveFds: args.count('preserve-fds'),
    cgroups: args.list('cgroup'),
    ignorePaused: args.flag('ignore-paused'),
  };
}

/** An object with the property, or {} without a value. An empty value counts as none: shells pass it for a quoted, unset variable. */
function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value ? { [key]: value } : {}) as { [P in K]?: string };
}
