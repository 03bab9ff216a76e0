import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandTable } from '../../../src/cli/command-table.js';

const top = process.cwd();
const page = join(top, 'docs/tsrunc.8');

t.test('the manual page is made of the table as it is now', async (t) => {
  const made = join(t.testdir(), 'tsrunc.8');
  const { status, stderr } = spawnSync(process.execPath, [join(top, 'scripts/generate-man.mjs'), made], {
    encoding: 'utf8',
  });
  t.equal(status, 0, stderr);
  t.equal(readFileSync(page, 'utf8'), readFileSync(made, 'utf8'), 'node scripts/generate-man.mjs brings it up to date');
});

t.test('groff has nothing to say about it', async (t) => {
  const { error, stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbou', page], {
    encoding: 'utf8',
  });
  if (error) return t.comment('no groff here');
  t.equal(stderr, '');
  for (const { name } of commandTable) t.ok(stdout.includes(`tsrunc ${name}`), name);
});
