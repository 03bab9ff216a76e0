/** The command `help`. */
import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { CommandContext } from '../context.js';
import { helpText } from '../help/help-text.js';
import { commandHint } from '../help/hints.js';

/** `help [COMMAND]`: prints the help of tsrunc or of a command. Throws TsruncError 'usage' for an unknown command. */
export function help({ args, looks, print }: CommandContext): number {
  const name = args.positionals[0] ?? '';
  const text = helpText(name, looks);
  if (text === undefined) {
    throw new TsruncError('usage', `no help for ${quote(name)}: there is no such command`, {
      hint: commandHint(name) ?? 'see "tsrunc --help"',
    });
  }
  print(text);
  return 0;
}
