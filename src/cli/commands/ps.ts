import { TsruncError } from '../../base/error.js';
import { containerProcesses } from '../../container/commands/processes.js';
import { S_IFMT, S_IFREG } from '../../native/flags.js';
import type { Native } from '../../native/native.js';
import type { CommandContext } from '../context.js';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OUTPUT_LIMIT = 64 << 20;

/** `ps`: the pids of a container as JSON, or the rows of the host's ps(1) that belong to it. */
export function ps({ rt, native, args, print }: CommandContext): number {
  const [id = '', ...psArguments] = args.positionals;
  const pids = containerProcesses(rt, id);
  if (args.text('format') === 'json') {
    print(`${JSON.stringify(pids)}\n`);
    return 0;
  }
  const path = rt.env.PATH || DEFAULT_PATH;
  const program = findProgram(native, 'ps', path);
  const env = Object.entries({ ...rt.env, PATH: path }).map(([name, value]) => `${name}=${value}`);
  const words = wordsOf(psArguments);
  const result = native.command(program, ['ps', ...words], env, '', '', 0, OUTPUT_LIMIT);
  if (result.status !== 0) {
    const how = result.signal ? `signal ${result.signal}` : `exit status ${result.status}`;
    throw new TsruncError('system', `ps ${words.join(' ')}: ${how}: ${result.stderr.trim()}`.replace(/: $/, ''));
  }
  print(rowsOf(result.stdout, new Set(pids)));
  return 0;
}

/** go-runc's Top passes all arguments of ps as one. */
function wordsOf(given: readonly string[]): readonly string[] {
  const words = given.length === 1 ? (given[0] ?? '').split(/\s+/).filter((word) => word !== '') : given;
  return words.length > 0 ? words : ['-ef'];
}

/** @throws TsruncError 'system' when no folder of PATH has such a program. */
function findProgram(native: Native, name: string, path: string): string {
  for (const folder of path.split(':')) {
    const candidate = `${folder || '.'}/${name}`;
    const stat = native.stat(candidate, true);
    if (stat && (stat.mode & S_IFMT) === S_IFREG && (stat.mode & 0o111) !== 0) return candidate;
  }
  throw new TsruncError('system', `${name}: executable file not found in $PATH`, {
    hint: `install ${name} (package procps) or use --format json`,
  });
}

/**
 * The header and the rows whose PID column holds one of the pids.
 * @throws TsruncError 'usage' when the output has no PID column.
 */
export function rowsOf(output: string, pids: ReadonlySet<number>): string {
  const [header = '', ...rows] = output.split('\n');
  const column = header.trim().split(/\s+/).indexOf('PID');
  if (column < 0) {
    throw new TsruncError('usage', "couldn't find PID field in ps output", {
      hint: 'choose a form of ps with a PID column',
    });
  }
  const ours = rows.filter((row) => pids.has(Number(row.trim().split(/\s+/)[column])));
  return [header, ...ours].map((line) => `${line}\n`).join('');
}
