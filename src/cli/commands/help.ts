import { TsruncError } from '../../base/error.js';
import { quote } from '../../base/quote.js';
import type { CommandContext } from '../context.js';
import { helpTexts } from '../generated/help.js';

/** `help [COMMAND]`. */
export function help({ args, print }: CommandContext): number {
  const name = args.positionals[0] ?? '';
  if (!Object.hasOwn(helpTexts, name)) {
    throw new TsruncError('usage', `no help for ${quote(name)}: there is no such command`, {
      hint: 'see "tsrunc --help"',
    });
  }
  print(helpTexts[name] ?? '');
  return 0;
}
