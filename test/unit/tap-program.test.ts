/** How scripts/test.mjs runs a test file. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { project } from '../helpers/runtime.js';

t.test('a process that a test file leaves behind holds no output of the run', async (t) => {
  const script = `
    const { tapProgram } = await import('./scripts/tap-program.mjs');
    const program = ['sh', '-c', 'echo said >&2; sleep 1000 & echo $!; exit 3'];
    console.log(JSON.stringify(await tapProgram(program, { timeout: 200 })));`;
  const run = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: project, stdio: 'pipe' });
  // Both end only when nobody has them open any more.
  const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr)]);
  const { output, how } = JSON.parse(stdout) as { output: string; how: string };
  t.teardown(() => process.kill(Number(output)));
  t.equal(stderr, 'said\n');
  t.equal(how, 'exit status 3');
});
