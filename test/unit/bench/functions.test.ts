/** What the bench makes of the places where it has stopped runs (bench/functions.mjs). */
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

interface Share {
  name: string;
  share: number;
}

const { selfTimes } = (await import(join(project, 'bench/functions.mjs'))) as {
  selfTimes(stacks: string[][]): { functions: Share[]; interpreter: Share[] };
};

t.test('time belongs to the innermost function of TypeScript, and to what QuickJS was in', async (t) => {
  const { functions, interpreter } = selfTimes([
    ['[JS_CallInternal]', 'planMount', 'planMounts', 'run'],
    ['[add_property]', '[js_array_push]', 'planMount', 'planMounts', 'run'],
    ['[JS_CallInternal]', '(anonymous)', '[js_array_every]', 'planMounts', 'run'],
    ['[JS_CallInternal]', 'run'],
  ]);
  t.same(functions, [
    { name: 'planMount', share: 0.5 },
    { name: 'a function in planMounts', share: 0.25 },
    { name: 'run', share: 0.25 },
  ]);
  t.same(interpreter, [
    { name: 'JS_CallInternal', share: 0.75 },
    { name: 'add_property', share: 0.25 },
  ]);
});

t.test("system calls, and what comes before the core, are nobody's", async (t) => {
  const { functions } = selfTimes([
    ['[write]', '[write_atomic]', 'writeState', 'run'],
    ['[__libc_start_main]'],
    ['[JS_CallInternal]', 'run'],
  ]);
  t.same(functions, [{ name: 'run', share: 1 }]);
});
