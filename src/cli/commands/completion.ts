/** The command `completion`. */
import { bashCompletion } from '../completion/bash.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import type { CommandContext } from '../context.js';

/** `completion SHELL`: prints the script with which the shell completes command lines of tsrunc. */
export function completion({ args, print }: CommandContext): number {
  const shell = args.positionals[0];
  print(shell === 'bash' ? bashCompletion() : shell === 'zsh' ? zshCompletion() : fishCompletion());
  return 0;
}
