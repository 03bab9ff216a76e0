/** Configurations, processes of exec and limits of update, made from a seed: what the runtimes make of them is the same, or explained. */
import { join } from 'node:path';
import t from 'tap';
import { needsCompiler } from '../helpers/compile.js';
import { execute, project, runtime } from '../helpers/runtime.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const runc = execute([process.execPath, join(project, 'scripts/control.mjs'), '--if-there']).stdout.trim();
const command = join(project, 'build/test/test/differential/command.js');
const skip = skipIf(
  tsruncOnly('it is what tsrunc is compared with'),
  runc === '' && 'the newest runc of Debian is not here: node scripts/control.mjs fetches it',
  needsCompiler(),
);

/** How many cases of each, and within how many seconds they have to begin, so that a slow machine does fewer. */
const amounts = { run: [200, 60], exec: [10, 15], update: [10, 15] } as const;

for (const [mode, [count, seconds]] of Object.entries(amounts)) {
  t.test(`${mode}: ${count} cases, as many as begin in ${seconds} s`, { skip, timeout: 200_000 }, async (t) => {
    const args = [
      '--runc',
      runc,
      '--mode',
      mode,
      '--seed',
      '1',
      '--no-shrink',
      '--count',
      `${count}`,
      '--seconds',
      `${seconds}`,
    ];
    const result = execute([process.execPath, command, ...args], {
      wrapper: ['unshare', '--mount', '--propagation', 'private'],
      env: { PATH: process.env.PATH ?? '', TSRUNC: runtime },
      timeout: 190_000,
    });
    t.equal(result.status, 0, result.stdout + result.stderr);
    t.comment(result.stdout.trim().split('\n').at(-1));
  });
}
