/** The command `exec`. */
import { TsruncError } from '../../base/error.js';
import { loadProcess } from '../../config/load.js';
import { sourceFile } from '../../config/source-file.js';
import { execContainer } from '../../container/commands/exec.js';
import { readGivenFile } from '../../container/given-file.js';
import type { ExecOptions } from '../../container/options.js';
import { absolutePath } from '../../container/state/paths.js';
import type { CommandContext } from '../context.js';
import { execOptionsOf } from '../exec-options.js';

/** Options that have no effect with --process, as its file says the same. Options that restrict the process are still applied. */
const saidByProcess = ['cwd', 'env', 'tty', 'user', 'additional-gids', 'cap'];

/** `exec`: runs another process in a container. Returns its exit code, or with --detach 0. */
export function exec({ rt, native, args }: CommandContext): number {
  return execContainer(rt, args.positionals[0] ?? '', execRequestOf(rt, native, args));
}

/** The options of `exec`, from its arguments and the file of --process. Warns of options that the file makes ineffective. */
export function execRequestOf(
  rt: CommandContext['rt'],
  native: CommandContext['native'],
  args: CommandContext['args'],
): ExecOptions {
  const file = args.text('process');
  if (!file) return execOptionsOf(args, undefined);
  const text = readGivenFile(native, absolutePath(rt, file), `--process ${file}`);
  const process = loadProcess(text, file, (warning) => rt.warn(warning));
  for (const option of saidByProcess)
    if (args.text(option) !== undefined)
      rt.warn(new TsruncError('usage', `--${option} is ignored: --process gives the process`));
  return { ...execOptionsOf(args, process), processFile: sourceFile(text, file) };
}
