import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { writeJson } from '../../config/json/json-write.js';
import { containerStats, watchContainer } from '../../container/commands/events.js';
import type { CommandContext } from '../context.js';
import { parseDuration } from '../duration.js';
import { statsDocument } from '../stats-document.js';

/** `events`: prints an object a line: statistics at every interval, and what the kernel kills for want of memory. */
export function events({ rt, args, print }: CommandContext): number {
  const [id = ''] = args.positionals;
  const interval = intervalOf(args.text('interval') ?? '5s');
  const tell = (type: string, data?: unknown) => print(`${writeJson({ type, id, data })}\n`);
  if (args.flag('stats')) tell('stats', statsDocument(containerStats(rt, id)));
  else
    watchContainer(rt, id, interval, {
      stats: (stats) => tell('stats', statsDocument(stats)),
      oom: () => tell('oom'),
    });
  return 0;
}

/** In milliseconds. */
function intervalOf(text: string): number {
  const interval = parseDuration(text);
  if (interval === undefined)
    throw new TsruncError('usage', `events: invalid value ${quote(text)} for flag --interval: parse error`, {
      hint: 'give a number with a unit, e.g. 500ms, 5s, 1m30s',
    });
  if (interval <= 0) throw new TsruncError('usage', 'duration interval must be greater than 0');
  return interval;
}
