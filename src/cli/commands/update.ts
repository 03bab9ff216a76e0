/** The command `update`. */
import { TsruncError, withFields } from '../../base/error.js';
import { loadResources } from '../../config/load.js';
import { type SourceFile, sourceFile } from '../../config/source-file.js';
import type { Resources } from '../../config/spec.js';
import { updateContainer } from '../../container/commands/update.js';
import { readGivenFile } from '../../container/given-file.js';
import type { SchemataChange } from '../../container/resctrl/intel-rdt-update.js';
import type { Runtime } from '../../container/runtime.js';
import { absolutePath } from '../../container/state/paths.js';
import { POLLIN } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { CommandContext } from '../context.js';
import type { Arguments } from '../parse.js';
import { limitOptions, resourcesOf, withOption } from '../update-options.js';

const STDIN = 0;
const FILE_LIMIT = 16 << 20;

/** `update`: changes the limits of a container to those in the file of --resources, or else to those of the options. */
export function update({ rt, native, args }: CommandContext): number {
  const { resources, schemata, source } = updateRequestOf(rt, native, args);
  withSource(source, () => updateContainer(rt, args.positionals[0] ?? '', resources, schemata, source));
  return 0;
}

/** What `update` is asked for. */
export interface UpdateRequest {
  readonly resources: Resources;
  readonly schemata: SchemataChange;
  /** The file of --resources. */
  readonly source: SourceFile | undefined;
}

/** What `update` is asked for, by its arguments and the file of --resources. Warns of options that have no effect. */
export function updateRequestOf(rt: Runtime, native: CommandContext['native'], args: Arguments): UpdateRequest {
  for (const option of ['kernel-memory', 'kernel-memory-tcp'])
    if (args.text(option)) ignored(rt, option, 'the kernel has no such limit any more');
  const schemata = schemataOf(args);
  const file = args.text('resources');
  if (!file) return { resources: resourcesOf(args), schemata, source: undefined };
  const text =
    file === '-' ? readAll(native, STDIN) : readGivenFile(native, absolutePath(rt, file), `--resources ${file}`);
  const name = file === '-' ? 'standard input' : file;
  const resources = loadResources(text, name, (warning) => rt.warn(warning));
  for (const option of limitOptions)
    if (args.text(option) !== undefined) ignored(rt, option, '--resources gives all limits');
  return { resources, schemata, source: sourceFile(text, name) };
}

function ignored(rt: Runtime, option: string, why: string): void {
  rt.warn(new TsruncError('usage', `--${option} is ignored: ${why}`));
}

function schemataOf(args: Arguments): SchemataChange {
  const [l3, memBw] = [args.text('l3-cache-schema'), args.text('mem-bw-schema')];
  return { ...(l3 ? { l3CacheSchema: l3 } : {}), ...(memBw ? { memBwSchema: memBw } : {}) };
}

/** Calls act. An error that names a field then also says in which file that field is, or which option gave it. */
export function withSource<T>(source: SourceFile | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (source === undefined) throw withOption(error);
    if (!(error instanceof TsruncError) || error.pointer === undefined) throw error;
    const { file } = source;
    throw withFields(error, { file }, `${file}: ${error.pointer}: ${error.message}`);
  }
}

/** Reads a descriptor to its end, also one that doesn't block. Throws TsruncError 'usage' for more than FILE_LIMIT characters. */
function readAll(native: Native, fd: number): string {
  let text = '';
  for (;;) {
    const part = native.read(fd, 1 << 20);
    if (part === '') return text;
    if (part === null) native.poll([fd], [POLLIN], -1);
    else text += part;
    if (text.length > FILE_LIMIT)
      throw new TsruncError(
        'usage',
        `the resources on standard input are too large: at most ${FILE_LIMIT} characters are read`,
      );
  }
}
