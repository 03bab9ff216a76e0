import { explainBundle } from '../../explain-bundle.js';
import type { CommandContext } from '../context.js';

/** `explain`: prints the plan of a container; needs no root and changes nothing. */
export function explain({ rt, args, print }: CommandContext): number {
  const { asText, asJson } = explainBundle(rt, {
    id: args.positionals[0] ?? 'example',
    bundle: args.text('bundle') || '.',
    ...(args.text('config') ? { configFile: args.text('config') as string } : {}),
    noPivot: args.flag('no-pivot'),
    noNewKeyring: args.flag('no-new-keyring'),
    preserveFds: args.count('preserve-fds'),
  });
  print(args.text('format') === 'json' ? `${JSON.stringify(asJson(), null, 2)}\n` : asText());
  return 0;
}
