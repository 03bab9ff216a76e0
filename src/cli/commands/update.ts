import { TsruncError, withFields } from '../../base/error.js';
import { loadResources } from '../../config/load.js';
import { sourceFile } from '../../config/source-file.js';
import type { Resources } from '../../config/spec.js';
import { updateContainer } from '../../container/commands/update.js';
import type { Runtime } from '../../container/runtime.js';
import { absolutePath } from '../../container/state/paths.js';
import { POLLIN } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { CommandContext } from '../context.js';
import type { Arguments } from '../parse.js';
import { limitOptions, resourcesOf, withOption } from '../update-options.js';

const STDIN = 0;
const FILE_LIMIT = 16 << 20;

/** `update`: changes limits of a container, those of a file or those of the options. */
export function update({ rt, native, args }: CommandContext): number {
  const [id = ''] = args.positionals;
  for (const option of ['kernel-memory', 'kernel-memory-tcp'])
    if (args.text(option)) ignored(rt, option, 'the kernel has no such limit any more');
  const file = args.text('resources');
  if (file) {
    const text = file === '-' ? readAll(native, STDIN) : native.readFile(absolutePath(rt, file), FILE_LIMIT);
    const name = file === '-' ? 'standard input' : file;
    const resources = loadResources(text, name, (warning) => rt.warn(warning));
    for (const option of limitOptions)
      if (args.text(option) !== undefined) ignored(rt, option, '--resources gives all limits');
    return inFile(name, () => updateContainer(rt, id, resources, schemataOf(args), sourceFile(text, name)));
  }
  const resources: Resources = resourcesOf(args);
  try {
    updateContainer(rt, id, resources, schemataOf(args));
  } catch (error) {
    throw withOption(error);
  }
  return 0;
}

function ignored(rt: Runtime, option: string, why: string): void {
  rt.warn(new TsruncError('usage', `--${option} is ignored: ${why}`));
}

function schemataOf(args: Arguments): { l3CacheSchema?: string; memBwSchema?: string } {
  const [l3, memBw] = [args.text('l3-cache-schema'), args.text('mem-bw-schema')];
  return { ...(l3 ? { l3CacheSchema: l3 } : {}), ...(memBw ? { memBwSchema: memBw } : {}) };
}

/** Errors that name a field say which file it is of. */
function inFile(file: string, act: () => void): number {
  try {
    act();
  } catch (error) {
    if (!(error instanceof TsruncError) || error.pointer === undefined) throw error;
    throw withFields(error, { file }, `${file}: ${error.pointer}: ${error.message}`);
  }
  return 0;
}

/** All of a pipe, file or socket. */
function readAll(native: Native, fd: number): string {
  let text = '';
  for (;;) {
    const part = native.read(fd, 1 << 20);
    if (part === '') return text;
    if (part === null) native.poll([fd], [POLLIN], -1);
    else text += part;
    if (text.length > FILE_LIMIT) throw new TsruncError('usage', 'the resources on standard input are too large');
  }
}
