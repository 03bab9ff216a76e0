/** The command `events`. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { writeJson } from '../../config/json/json-write.js';
import { type ContainerEvents, containerStats, watchContainer } from '../../container/commands/events.js';
import { now } from '../../native/clock.js';
import type { CommandContext } from '../context.js';
import { parseDuration } from '../duration.js';
import { StatsTable } from '../output/stats-table.js';
import { statsDocument } from '../stats-document.js';

const STDOUT = 1;

/**
 * `events`: prints a JSON object on each line: statistics at every interval, and an event when the kernel has killed a process for
 * lack of memory; on a terminal a table of them. Ends with the container; with --stats after the first statistics.
 */
export function events(context: CommandContext): number {
  const { rt, native, args, print } = context;
  const [id = ''] = args.positionals;
  const interval = intervalOf(args.text('interval') ?? '5s');
  const format = args.text('format') ?? (native.isatty(STDOUT) ? 'table' : 'json');
  const tell = format === 'table' ? tellPeople(context) : tellPrograms(id, print);
  if (args.flag('stats')) tell.stats(containerStats(rt, id));
  else {
    // People see something at once, and the next row has something to compare with.
    if (format === 'table') tell.stats(containerStats(rt, id));
    watchContainer(rt, id, interval, tell);
  }
  return 0;
}

function tellPrograms(id: string, print: CommandContext['print']): ContainerEvents {
  const tell = (type: string, data?: unknown) => print(`${writeJson({ type, id, data })}\n`);
  return { stats: (stats) => tell('stats', statsDocument(stats)), oom: () => tell('oom') };
}

function tellPeople({ native, looks, print }: CommandContext): ContainerEvents {
  const table = new StatsTable(looks);
  const moment = () => ({ real: native.clock(false)[0] ?? 0, monotonic: now(native) / 1000 });
  return { stats: (stats) => print(table.row(stats, moment())), oom: () => print(table.oom(moment())) };
}

/** The value of --interval in milliseconds. Throws TsruncError 'usage', in runc's words, unless it is above 0. */
function intervalOf(text: string): number {
  const interval = parseDuration(text);
  if (interval === undefined)
    throw new TsruncError('usage', `events: invalid value ${quote(text)} for flag --interval: parse error`, {
      hint: 'give a number with a unit, e.g. 500ms, 5s, 1m30s',
    });
  if (interval <= 0) throw new TsruncError('usage', 'duration interval must be greater than 0');
  return interval;
}
