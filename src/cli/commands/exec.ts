import { loadProcess } from '../../config/load.js';
import { execContainer } from '../../container/exec.js';
import { absolutePath } from '../../container/paths.js';
import type { CommandContext } from '../context.js';
import { execOptionsOf } from '../exec-options.js';

const FILE_LIMIT = 16 << 20;

/** `exec`: returns the exit code of the process, or 0 with --detach. */
export function exec({ rt, native, args }: CommandContext): number {
  const file = args.text('process');
  const process = file ? loadProcess(native.readFile(absolutePath(rt, file), FILE_LIMIT), file) : undefined;
  return execContainer(rt, args.positionals[0] ?? '', execOptionsOf(args, process));
}
