/** The API reference: every public declaration has a docstring. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { project } from '../../helpers/runtime.js';

t.test('typedoc has nothing to complain of', async (t) => {
  const typedoc = join(project, 'node_modules/typedoc/bin/typedoc');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [typedoc, '--options', 'scripts/typedoc.config.mjs', '--emit', 'none'],
    {
      cwd: project,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    },
  );
  t.equal(status, 0, stdout + stderr);
  t.notMatch(stdout + stderr, /warning/);
});
