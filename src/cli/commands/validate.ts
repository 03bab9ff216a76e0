/** The command `validate`. */

import { joinBytes } from '../../base/bytes.js';
import { EAGAIN } from '../../base/errno.js';
import { isErrno, TsruncError } from '../../base/error.js';
import { type FileKind, validateText } from '../../config/validate/validate.js';
import { CONFIG_FILE } from '../../container/state/paths.js';
import { O_NONBLOCK, O_RDONLY, POLLIN, S_IFDIR, S_IFMT } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import { planProblems } from '../../plan/plan-problems.js';
import type { CommandContext } from '../context.js';
import { findingsJson, findingsText, type ValidatedFile } from '../findings-output.js';
import type { Arguments } from '../parse.js';
import { findingsSarif } from '../sarif.js';
import { cleanFrom } from '../settings.js';

const STDIN = 0;
const FILE_LIMIT = 16 << 20;
/** How long a file that is a pipe may say nothing, in ms. */
const PATIENCE = 5000;

const FAILED = 1;
/** The exit status for warnings with --strict. */
const WARNED = 2;

/** `validate`: prints what is wrong with a file. Returns 1 for errors, and 2 for warnings alone with --strict. */
export function validate({ rt, native, args, print }: CommandContext): number {
  const kind = kindOf(args);
  const given = args.positionals[0] ?? CONFIG_FILE;
  const { name, bytes } =
    given === '-'
      ? { name: 'stdin', bytes: readAll(native, STDIN, 'the standard input', -1) }
      : readFile(native, rt.cwd, given);
  const { findings } = validateText(bytes, { kind, advise: args.flag('advise'), further: planProblems });
  const file: ValidatedFile = { name, kind, findings };
  const format = args.text('format');
  print(format === 'json' ? findingsJson(file) : format === 'sarif' ? findingsSarif(file) : findingsText(file));
  if (findings.some(({ severity }) => severity === 'error')) return FAILED;
  return args.flag('strict') && findings.some(({ severity }) => severity === 'warning') ? WARNED : 0;
}

/** Throws TsruncError 'usage' when the options name more than one kind. */
function kindOf(args: Arguments): FileKind {
  const [kind = 'config', other] = (['process', 'resources', 'mounts'] as const).filter((name) => args.flag(name));
  if (other === undefined) return kind;
  throw new TsruncError('usage', `--${kind} and --${other} were given`, { hint: 'FILE is of one kind' });
}

/** Reads a file, or config.json of a directory; its name is as it was given. */
function readFile(native: Native, cwd: string, given: string): { name: string; bytes: Uint8Array } {
  const isDirectory = ((native.stat(cleanFrom(cwd, given), true)?.mode ?? 0) & S_IFMT) === S_IFDIR;
  const name = isDirectory ? `${given.replace(/\/+$/, '')}/${CONFIG_FILE}` : given;
  // A FIFO that nobody writes to is empty then, and not waited for.
  const fd = native.open(cleanFrom(cwd, name), O_RDONLY | O_NONBLOCK, 0);
  try {
    return { name, bytes: readAll(native, fd, name, PATIENCE) };
  } finally {
    native.close(fd);
  }
}

/**
 * Reads a descriptor to its end, also one that doesn't block.
 * @param patience how long nothing may come, in ms; -1 for ever
 * @throws TsruncError 'usage' for more than FILE_LIMIT bytes, 'system' when nothing comes
 */
function readAll(native: Native, fd: number, name: string, patience: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    try {
      const part = native.readBytes(fd, 1 << 20);
      if (part.length === 0) return joinBytes(parts);
      parts.push(part);
      length += part.length;
    } catch (error) {
      if (!isErrno(error, EAGAIN)) throw error;
      if (native.poll([fd], [POLLIN], patience)[0] === 0)
        throw new TsruncError('system', `${name}: nothing came for ${patience / 1000} seconds; must be a regular file`);
    }
    if (length > FILE_LIMIT)
      throw new TsruncError('usage', `${name} is too large: at most ${FILE_LIMIT} bytes are read`);
  }
}
