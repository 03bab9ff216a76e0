/** The command `ps`. */
import { TsruncError } from '../../base/error.js';
import { containerProcesses } from '../../container/commands/processes.js';
import { DEFAULT_PATH, findProgram } from '../../native/find-program.js';
import type { CommandContext } from '../context.js';

const OUTPUT_LIMIT = 64 << 20;

/** `ps`: prints the pids of a container's processes as JSON, or the rows that the host's ps(1) has for them. */
export function ps({ rt, native, args, print }: CommandContext): number {
  const [id = '', ...psArguments] = args.positionals;
  const pids = containerProcesses(rt, id);
  if (args.text('format') === 'json') {
    print(`${JSON.stringify(pids)}\n`);
    return 0;
  }
  const path = rt.env.PATH || DEFAULT_PATH;
  const program = findProgram(native, 'ps', path);
  if (program === undefined)
    throw new TsruncError('system', 'ps: executable file not found in $PATH', {
      hint: 'install ps (package procps) or use --format json',
    });
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

/** The arguments for ps(1), `-ef` by default. A single one is split at blanks, as go-runc's Top passes all of them in one word. */
function wordsOf(given: readonly string[]): readonly string[] {
  const words = given.length === 1 ? (given[0] ?? '').split(/\s+/).filter((word) => word !== '') : given;
  return words.length > 0 ? words : ['-ef'];
}

/**
 * The header of the output of ps(1), and the rows that have one of the pids in the column PID.
 * @throws TsruncError 'usage', in runc's words, when there is no such column
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
