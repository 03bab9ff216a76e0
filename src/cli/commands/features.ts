/** The command `features`. */
import type { CommandContext } from '../context.js';
import { featuresDocument } from '../features-document.js';

/** `features`: prints as JSON what this tsrunc supports (runtime-spec, features.md). */
export function features({ native, print }: CommandContext): number {
  print(`${JSON.stringify(featuresDocument(native), null, 4)}\n`);
  return 0;
}
