/** The command `mounts`. */
import { TsruncError, type Warn, withFields } from '../../base/error.js';
import { loadMounts } from '../../config/load.js';
import { addMounts, removeMounts } from '../../container/commands/mounts.js';
import { readGivenFile } from '../../container/given-file.js';
import { absolutePath } from '../../container/state/paths.js';
import type { CommandContext } from '../context.js';

/** `mounts ACTION ID FILE`: adds the mounts in FILE to a running container, or removes them. Errors have their place in FILE. */
export function mounts({ rt, native, args }: CommandContext): number {
  const [action = '', id = '', file = ''] = args.positionals;
  const text = readGivenFile(native, absolutePath(rt, file), `mounts ${action}: ${file}`);
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
