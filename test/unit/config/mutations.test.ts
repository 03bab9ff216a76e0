import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { parseJson } from '../../../src/config/json/json-text.js';
import { loadConfig } from '../../../src/config/load.js';
import { changed, everyPointer, fixtureConfigs } from '../../helpers/config-helpers.js';

const replacements: readonly unknown[] = [
  undefined,
  null,
  false,
  0,
  -1,
  1e300,
  '',
  '/',
  'a\0',
  [],
  [null],
  [[]],
  {},
  { '': null },
  { toString: null },
];

/** JSON.stringify takes no bigint. */
function textOf(value: unknown): string {
  const marked = JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? `#${inner}#` : inner));
  return marked.replace(/"#(-?[0-9]+)#"/g, '$1');
}

t.test('whatever is changed, a config is taken or refused with places', async (t) => {
  let refused = 0;
  let turn = 0;
  for (const name of ['everything.json', 'docker-userns.json']) {
    const config = parseJson(fixtureConfigs().get(name) ?? '').value;
    for (const [pointer] of everyPointer(config)) {
      if (pointer === '' || /\/(syscalls\/\d+\/names|bounding|maskedPaths|options)\/[1-9]/.test(pointer)) continue;
      for (let i = 0; i < 4; i++) {
        // Each place gets some of them, neighbours different ones.
        const value = replacements[turn++ % replacements.length];
        const text = textOf(changed(config, pointer, value));
        try {
          loadConfig(text, name);
        } catch (error) {
          if (!(error instanceof TsruncError)) {
            t.fail(`${name} ${pointer} = ${JSON.stringify(value)}: ${error}`);
            continue;
          }
          refused++;
          const problems = error.fields.problems ?? [];
          const pointers = problems.map((problem) => problem.pointer);
          if (new Set(pointers).size !== pointers.length) t.fail(`two messages for one place: ${error.message}`);
          for (const problem of problems) {
            if (problem.fields.position === undefined) t.fail(`no place: ${problem.message}`);
            if (!/^[^;]+; \S/.test(problem.message)) t.fail(`no advice: ${problem.message}`);
          }
        }
      }
    }
  }
  t.ok(refused > 1000, `${refused} were refused`);
});
