import t from 'tap';
import { needsCompiler } from '../helpers/compile.js';
import { runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { isStandalone } from '../helpers/standalone.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';
import { runtimeChoice } from './choice.js';
import { commandTrial } from './command-trial.js';
import { commands } from './commands.js';
import { judgeCommand } from './judge-command.js';
import { Sweep } from './sweep.js';

const box = new Sandbox(t);
const skip = skipIf(
  needsCompiler(),
  tsruncOnly('it makes other calls'),
  !isStandalone(runtime) && 'Node makes thousands of calls of its own',
);

t.test('any answer to a call of the runtime: the command fails, or does its work', { skip }, async (t) => {
  const sweep = new Sweep(box, ['runtime']);
  const choose = runtimeChoice();
  for (const command of commands)
    await t.test(command.name, (t) =>
      sweep.try(
        t,
        {
          name: command.name,
          expected: command.status ?? 0,
          stage: (site) => commandTrial(site, command),
          judge: (point, outcome, reference) => judgeCommand(command, point, outcome, reference),
        },
        choose,
      ),
    );
});

box.end(t);
