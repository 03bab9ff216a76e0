import type { Test } from 'tap';
import { needsCompiler } from '../helpers/compile.js';
import { runtime } from '../helpers/runtime.js';
import type { Sandbox } from '../helpers/sandbox.js';
import { isStandalone } from '../helpers/standalone.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';
import { isWhole, runtimeChoice } from './choice.js';
import { commandTrial, type Outcome } from './command-trial.js';
import type { TriedCommand } from './commands.js';
import { judgeCommand } from './judge-command.js';
import { Sweep, type Trying } from './sweep.js';

export const skipCommands = skipIf(
  needsCompiler(),
  tsruncOnly('it makes other calls'),
  !isStandalone(runtime) && 'Node makes thousands of calls of its own',
);

const trying = (command: TriedCommand): Trying<Outcome> => ({
  name: command.name,
  expected: command.status ?? 0,
  stage: (site) => commandTrial(site, command),
  judge: (point, outcome, reference) => judgeCommand(command, point, outcome, reference),
});

/**
 * Tries the calls that the runtime makes for each of the commands.
 * @param before are tried elsewhere
 */
export async function tryCommands(
  t: Test,
  box: Sandbox,
  commands: readonly TriedCommand[],
  before: readonly TriedCommand[] = [],
): Promise<void> {
  const sweep = new Sweep(box, ['runtime']);
  const choose = runtimeChoice();
  if (!isWhole)
    for (const command of before) for (const calls of (await sweep.calls(trying(command))).values()) choose(calls);
  for (const command of commands) await t.test(command.name, (t) => sweep.try(t, trying(command), choose));
}
