import { EEXIST } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { CGROUP2_SUPER_MAGIC } from '../../native/flags.js';
import type { CommandContext } from '../context.js';
import { cleanFrom } from '../settings.js';
import { exampleSpec } from '../spec-template.js';

/** `spec`: writes config.json, unless there is one. */
export function spec({ rt, native, args }: CommandContext): number {
  const path = cleanFrom(rt.cwd, `${args.text('bundle') || '.'}/config.json`);
  const [, uid = 0, , gid = 0] = native.identity();
  const text = JSON.stringify(
    exampleSpec(hasOnlyCgroup2(native), args.flag('rootless') ? { uid, gid } : undefined),
    null,
    '\t',
  );
  try {
    native.writeNew(path, text, 0o666);
  } catch (error) {
    if (!isErrno(error, EEXIST)) throw error;
    throw new TsruncError('usage', `File ${path} exists. Remove it first`, { errno: EEXIST, path });
  }
  return 0;
}

function hasOnlyCgroup2(native: CommandContext['native']): boolean {
  return native.stat('/sys/fs/cgroup', true) !== null && native.fsType('/sys/fs/cgroup') === CGROUP2_SUPER_MAGIC;
}
