/** Makes what the operations on containers take (Runtime) from the global options and the environment. */
import { TsruncError } from '../base/error.js';
import { cleanPath } from '../base/path.js';
import type { Runtime } from '../container/runtime.js';
import type { Trace } from '../container/trace/trace.js';
import type { Native } from '../native/native.js';
import { defaultRoot } from './defaults/default-root.js';
import { describeError } from './describe-error.js';
import type { Log } from './log.js';
import type { Arguments } from './parse.js';

/** A path of the command line made absolute, without `.` and `..`, by its text alone: the same as Go's filepath.Abs gives. */
export function cleanFrom(cwd: string, path: string): string {
  return cleanPath(path.startsWith('/') ? path : `${cwd}/${path}`);
}

/** --systemd-cgroup is the older form of --cgroup-manager systemd. Engines may give it together with `disabled`, which wins. */
function managerOf(globals: Arguments): Runtime['cgroupManager'] {
  const manager = globals.text('cgroup-manager');
  if (manager === 'disabled') return manager;
  return globals.flag('systemd-cgroup') || manager === 'systemd' ? 'systemd' : 'cgroupfs';
}

/**
 * The Runtime for one command. Its warnings and messages go to the log.
 * @param globals the global options
 * @param cwd the working directory (absolute), where relative paths start
 * @param trace what --trace asked for
 * @throws TsruncError 'usage' for a --root that is empty or is the root directory; reading its `root` throws as defaultRoot
 */
export function runtimeOf(
  globals: Arguments,
  env: Readonly<Record<string, string>>,
  cwd: string,
  native: Native,
  log: Log,
  trace?: Trace,
): Runtime {
  const given = globals.text('root');
  if (given === '') throw new TsruncError('usage', '--root is empty', { hint: 'name a directory' });
  let root = given === undefined ? undefined : cleanFrom(cwd, given);
  if (root === '/') {
    throw new TsruncError('usage', '--root must not be /', { hint: 'name a directory of its own, e.g. /run/tsrunc' });
  }
  return {
    native,
    // Looked for when it is needed: commands such as spec have no use for it.
    get root() {
      root ??= cleanFrom(cwd, defaultRoot(native, env));
      return root;
    },
    env,
    cwd,
    cgroupManager: managerOf(globals),
    rootless: (globals.text('rootless') ?? 'auto') as Runtime['rootless'],
    warn: (warning) => log.warn(warning),
    tellError: (error) => log.error(describeError(error, '')),
    settle: () => log.settle(),
    debug: (text) => log.debug(text),
    trace,
  };
}
