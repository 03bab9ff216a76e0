/** The command `spec`. */
import { EEXIST } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { DEFAULT_PATH } from '../../native/find-program.js';
import { CGROUP2_SUPER_MAGIC } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { CommandContext } from '../context.js';
import { allOwnIds, type OwnIds, ownIdsOnly } from '../defaults/own-ids.js';
import { cleanFrom } from '../settings.js';
import { exampleSpec } from '../spec-template.js';

/** `spec`: writes an example config.json to the bundle. Throws TsruncError 'usage', in runc's words, when there is one already. */
export function spec({ rt, native, args }: CommandContext): number {
  const path = cleanFrom(rt.cwd, `${args.text('bundle') || '.'}/config.json`);
  const program = args.positionals;
  if (program[0] === '') throw new TsruncError('usage', 'spec: the name of the program is empty');
  const rootless = rootlessOf(args.flag('rootless'), native, rt.env.PATH || DEFAULT_PATH);
  const config = exampleSpec(hasOnlyCgroup2(native), rootless, {
    args: program,
    terminal: !args.flag('no-terminal'),
  });
  const text = JSON.stringify(config, null, '\t');
  try {
    native.writeNew(path, text, 0o666);
  } catch (error) {
    if (!isErrno(error, EEXIST)) throw error;
    throw new TsruncError('usage', `File ${path} exists. Remove it first`, { errno: EEXIST, path });
  }
  return 0;
}

/** With --rootless the caller's own ids alone, as runc; for whoever isn't root all ids that they may map. */
function rootlessOf(asked: boolean, native: Native, path: string): OwnIds | undefined {
  const [, euid] = native.identity();
  if (asked) return ownIdsOnly(native);
  return euid === 0 ? undefined : allOwnIds(native, path);
}

function hasOnlyCgroup2(native: Native): boolean {
  return native.stat('/sys/fs/cgroup', true) !== null && native.fsType('/sys/fs/cgroup') === CGROUP2_SUPER_MAGIC;
}
