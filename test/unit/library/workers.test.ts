// The native code in several threads of one program: docs/library.md advises workers.
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { execute } from '../../helpers/runtime.js';

t.test('each thread gets its own errors', async (t) => {
  const program = fileURLToPath(new URL('../../helpers/failing-workers.js', import.meta.url));
  const { status, stdout, stderr } = execute([process.execPath, program], { timeout: 60_000 });
  t.equal(status, 0, stderr);
  const lines = stdout.trimEnd().split('\n');
  t.equal(lines.length, 13, stdout);
  for (const line of lines) t.match(line, /: TsruncError open \/nowhere: no such file or directory$/);
});
