import { TsruncError } from '../../base/error.js';
import { loadProcess } from '../../config/load.js';
import { sourceFile } from '../../config/source-file.js';
import { execContainer } from '../../container/commands/exec.js';
import { absolutePath } from '../../container/state/paths.js';
import type { CommandContext } from '../context.js';
import { execOptionsOf } from '../exec-options.js';

const FILE_LIMIT = 16 << 20;

/** What --process says in their place; the options that restrict the process count all the same. */
const saidByProcess = ['cwd', 'env', 'tty', 'user', 'additional-gids', 'cap'];

/** `exec`: returns the exit code of the process, or 0 with --detach. */
export function exec({ rt, native, args }: CommandContext): number {
  const file = args.text('process');
  const id = args.positionals[0] ?? '';
  if (!file) return execContainer(rt, id, execOptionsOf(args, undefined));
  const text = native.readFile(absolutePath(rt, file), FILE_LIMIT);
  const process = loadProcess(text, file, (warning) => rt.warn(warning));
  for (const option of saidByProcess)
    if (args.text(option) !== undefined)
      rt.warn(new TsruncError('usage', `--${option} is ignored: --process gives the process`));
  return execContainer(rt, id, { ...execOptionsOf(args, process), processFile: sourceFile(text, file) });
}
