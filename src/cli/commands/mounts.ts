import { TsruncError, type Warn, withFields } from '../../base/error.js';
import { loadMounts } from '../../config/load.js';
import { addMounts, removeMounts } from '../../container/commands/mounts.js';
import { absolutePath } from '../../container/state/paths.js';
import type { CommandContext } from '../context.js';

const FILE_LIMIT = 16 << 20;

/** `mounts`: adds mounts to a running container, or takes them away. */
export function mounts({ rt, native, args }: CommandContext): number {
  const [action = '', id = '', file = ''] = args.positionals;
  const text = native.readFile(absolutePath(rt, file), FILE_LIMIT);
  const warn: Warn = (warning) => rt.warn(warning);
  const { mounts: list, positionOf } = loadMounts(text, file, action === 'add' ? warn : undefined);
  try {
    if (action === 'add') addMounts(rt, id, list, { file, positionOf });
    else removeMounts(rt, id, list);
  } catch (error) {
    if (!(error instanceof TsruncError) || error.pointer === undefined) throw error;
    const position = positionOf(error.pointer);
    throw withFields(error, { file, ...(position && { position }) });
  }
  return 0;
}
