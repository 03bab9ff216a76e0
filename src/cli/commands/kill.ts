/** The command `kill`. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { killContainer } from '../../container/commands/kill.js';
import { forMatching } from '../../container/commands/matching.js';
import { signalNumber } from '../../native/signals.js';
import type { CommandContext } from '../context.js';
import { killHint } from '../help/hints.js';

/**
 * `kill`: sends a signal to the first process of a container, or with --all to all of its processes. With --regex does that for every
 * container whose id matches.
 */
export function kill({ rt, args }: CommandContext): number {
  const [id = '', text = 'TERM'] = args.positionals;
  // As with kill(2) and runc, 0 sends no signal, but fails when there is no process to send one to.
  const signal = text === '0' ? 0 : signalNumber(text);
  if (signal === undefined) {
    throw new TsruncError('usage', `unknown signal ${quote(text)}`, {
      hint: killHint(args.positionals) ?? 'give a number from 1 to 64 or a name such as TERM, SIGKILL, RTMIN+1',
    });
  }
  const all = args.flag('all');
  if (args.flag('regex')) forMatching(rt, id, (one) => killContainer(rt, one, signal, all));
  else killContainer(rt, id, signal, all);
  return 0;
}
