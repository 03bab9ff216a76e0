import t from 'tap';
import { needsCompiler } from '../helpers/compile.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';
import { choice } from './choice.js';
import { judge } from './judge.js';
import { otherScenarios, runScenarios } from './scenarios.js';
import { Sweep } from './sweep.js';

const box = new Sandbox(t);
const skip = skipIf(needsCompiler(), tsruncOnly('its init makes other calls'));

t.test('any answer to a call of init: create, exec and mounts fail, or nothing is different', { skip }, async (t) => {
  const sweep = new Sweep(box, ['child', 'init']);
  // What run does too is tried there.
  const choose = choice((await sweep.calls(runScenarios[0]!)).keys());
  for (const scenario of otherScenarios)
    await t.test(scenario.name, (t) => sweep.try(t, { ...scenario, judge }, choose));
});

box.end(t);
