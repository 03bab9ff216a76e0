import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import { killContainer } from '../../container/commands/kill.js';
import { forMatching } from '../../container/commands/matching.js';
import { signalNumber } from '../../native/signals.js';
import type { CommandContext } from '../context.js';

/** `kill`: sends a signal to the first process of a container, with --all to every one; with --regex of all that match. */
export function kill({ rt, args }: CommandContext): number {
  const [id = '', text = 'TERM'] = args.positionals;
  // 0 is no signal; it asks whether there is a process, as with kill(2) and runc.
  const signal = text === '0' ? 0 : signalNumber(text);
  if (signal === undefined) {
    throw new TsruncError('usage', `unknown signal ${quote(text)}`, {
      hint: 'give a number from 1 to 64 or a name such as TERM, SIGKILL, RTMIN+1',
    });
  }
  const all = args.flag('all');
  if (args.flag('regex')) forMatching(rt, id, (one) => killContainer(rt, one, signal, all));
  else killContainer(rt, id, signal, all);
  return 0;
}
