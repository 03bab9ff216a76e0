/** No word of a configuration may colour the terminal of whoever looks at it, or add lines that tsrunc didn't say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatTable } from '../../../src/cli/table.js';
import { actionsText } from '../../../src/plan/explain/actions-text.js';
import { runCli } from '../../helpers/cli-fake.js';
import { fixtures } from '../../helpers/config-helpers.js';

const hostile = '\u001b]0;owned\u0007\nwarning: \u202ethis is not ours';
const shown = '\\u001b]0;owned\\u0007\\nwarning: \\u202ethis is not ours';

const controls = /(?!\n)[\p{Control}\p{Bidi_Control}]/u;

const base = JSON.parse(readFileSync(join(fixtures, 'validate/base.json'), 'utf8'));
const machine = (change: (config: typeof base) => void) => {
  const config = structuredClone(base);
  change(config);
  return { files: { '/work dir/config.json': JSON.stringify(config) } };
};

t.test('explain', async (t) => {
  const line = {
    actor: 'init',
    text: `execute sh ${hostile}`,
    pointer: `/annotations/${hostile}`,
    of: 'state',
  } as const;
  const text = actionsText(`Plan for sh ${hostile}`, [line], [{ text: hostile, pointer: '' }]);
  t.equal(text.split(shown).length, 5);
  t.notMatch(text, controls);
  t.equal(text.trimEnd().split('\n').length, 5, 'the title, a line, a warning, and two empty lines');
});

t.test('validate: keys', async (t) => {
  const { stdout } = runCli(
    ['validate'],
    machine((config) => {
      config[hostile] = {};
    }),
  );
  t.ok(stdout.includes(shown));
  t.notMatch(stdout, controls);
  t.equal(stdout.trimEnd().split('\n').length, 2, 'the finding and the sum');
});

t.test('errors: keys', async (t) => {
  const { stderr } = runCli(
    ['explain'],
    machine((config) => {
      config.annotations = { [hostile]: 7 };
    }),
  );
  t.ok(stderr.includes(shown), stderr);
  t.notMatch(stderr, controls);
});

t.test('tables', async (t) => {
  t.equal(
    formatTable([
      ['A', 'B'],
      [hostile, ''],
    ]).split('\n').length,
    3,
  );
});
