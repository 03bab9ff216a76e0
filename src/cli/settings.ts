import { TsruncError } from '../base/error.js';
import { cleanPath } from '../base/path.js';
import { isInUserNamespace } from '../container/creation/user-namespace.js';
import type { Runtime } from '../container/runtime.js';
import type { Native } from '../native/native.js';
import { describeError } from './describe-error.js';
import type { Log } from './log.js';
import type { Arguments } from './parse.js';

/** Makes of the global options what every operation on containers takes. */

/** True as root of a user namespace that was not started as host root: such a root has no right to /run. */
function isGuestRoot(native: Native, env: Readonly<Record<string, string>>): boolean {
  return isInUserNamespace(native) && env.USER !== 'root';
}

/** The default of --root: /run/tsrunc, or $XDG_RUNTIME_DIR/tsrunc for whoever can't write to /run; runc's rule. */
function defaultRoot(native: Native, env: Readonly<Record<string, string>>): string {
  const personal = env.XDG_RUNTIME_DIR;
  if (!personal) return '/run/tsrunc';
  const [, euid] = native.identity();
  return euid !== 0 || isGuestRoot(native, env) ? `${personal}/tsrunc` : '/run/tsrunc';
}

/** A path of the command line, absolute and clean, by text alone: what Go's filepath.Abs gives. */
export function cleanFrom(cwd: string, path: string): string {
  return cleanPath(path.startsWith('/') ? path : `${cwd}/${path}`);
}

/** --systemd-cgroup is the older way to say --cgroup-manager systemd; an engine may add it to a container without cgroups. */
function managerOf(globals: Arguments): Runtime['cgroupManager'] {
  const manager = globals.text('cgroup-manager');
  if (manager === 'disabled') return manager;
  return globals.flag('systemd-cgroup') || manager === 'systemd' ? 'systemd' : 'cgroupfs';
}

/**
 * The Runtime for the global options of the command line.
 * @throws TsruncError 'usage' for a --root that can't be one.
 */
export function runtimeOf(
  globals: Arguments,
  env: Readonly<Record<string, string>>,
  cwd: string,
  native: Native,
  log: Log,
): Runtime {
  const given = globals.text('root');
  if (given === '') throw new TsruncError('usage', '--root is empty', { hint: 'name a folder' });
  const root = cleanFrom(cwd, given ?? defaultRoot(native, env));
  if (root === '/') {
    throw new TsruncError('usage', '--root must not be /', { hint: 'name a folder of its own, e.g. /run/tsrunc' });
  }
  return {
    native,
    root,
    env,
    cwd,
    cgroupManager: managerOf(globals),
    rootless: (globals.text('rootless') ?? 'auto') as Runtime['rootless'],
    warn: (warning) => log.warn(warning),
    tellError: (error) => log.error(describeError(error, '')),
    settle: () => log.settle(),
    debug: (text) => log.debug(text),
  };
}
