/** The programs of docs/library.md do what it says, as they stand there, with the package as it is built. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { rootfsOf } from '../helpers/library.js';
import { plainEnv, project } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf();

/** The programs, by the names that stand beside ```js. */
const programs = new Map(
  [...readFileSync(join(project, 'docs/library.md'), 'utf8').matchAll(/^```js (\S+)\n(.*?)^```$/gms)].map(
    ([, name = '', program = '']) => [name, program],
  ),
);

/** A directory with the programs and the package, as npm installs it. */
const directory = box.directory('programs');
mkdirSync(join(directory, 'node_modules'));
symlinkSync(project, join(directory, 'node_modules/tsrunc'));
for (const [name, program] of programs) writeFileSync(join(directory, name), program);
const env = { ...plainEnv, RUNTIME_ROOT: box.root };

function program(name: string, ...args: string[]) {
  const options = { cwd: directory, env, encoding: 'utf8', timeout: 60_000 } as const;
  return spawnSync(process.execPath, [name, ...args], options);
}

t.test('all of them are there', async (t) => {
  for (const name of ['sandbox.mjs', 'terminal.mjs', 'run.mjs']) t.ok(programs.has(name), name);
});

t.test('sandbox.mjs', { skip }, async (t) => {
  const sandbox = (script: string) => {
    const { status, stdout, stderr } = program('sandbox.mjs', rootfsOf(box), 'sh', '-c', script);
    t.equal(status, 0, stderr);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  t.match(sandbox('id -u; echo to stderr >&2; exit 3'), {
    ...{ exitCode: 3, signal: null, stoppedBy: null, stdout: '65534\n', stderr: 'to stderr\n' },
  });
  t.match(sandbox('echo begun; while :; do :; done'), { stoppedBy: 'timeout', stdout: 'begun\n' });
  t.match(sandbox('yes'), { stoppedBy: 'maxBuffer' });
  // In memory that counts: dd fills a buffer of 100 MiB.
  t.match(sandbox('exec dd if=/dev/zero of=/dev/null bs=104857600 count=1'), { exitCode: 137, signal: 'SIGKILL' });
  t.match(sandbox('echo x > /file || echo refused; echo x > /tmp/file && echo allowed'), {
    stdout: 'refused\nallowed\n',
  });
});

t.test('terminal.mjs', { skip }, async (t) => {
  const path = join(box.directory(), 'socket');
  const server: ChildProcess = spawn(process.execPath, ['terminal.mjs', rootfsOf(box), path], {
    ...{ cwd: directory, env, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  t.teardown(() => server.kill('SIGKILL'));
  await new Promise((resolve) => server.stdout!.once('data', resolve));
  const socket = connect(path);
  socket.write('101x33\n');
  let output = '';
  let sent = false;
  for await (const chunk of socket) {
    output += chunk;
    if (sent || !output.includes('#')) continue;
    sent = true;
    socket.write('stty size; exit 5\n');
  }
  t.match(output, '33 101');
  t.match(output, 'the shell has ended with 5');
  const leaving = connect(path);
  leaving.write('\n');
  await new Promise((resolve) => leaving.once('data', resolve));
  leaving.destroy();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  t.equal(await ended, 0, 'it ends when its containers have');
});

t.test('run.mjs', { skip }, async (t) => {
  const rootfs = rootfsOf(box);
  const source = box.directory();
  writeFileSync(join(source, 'file'), 'from the host\n');
  const script = 'cat /data/file; echo $A; cat; exit 7';
  const child = spawn(process.execPath, ['run.mjs', '-e', 'A=b', '-v', `${source}:/data`, rootfs, 'sh', '-c', script], {
    ...{ cwd: directory, env, stdio: ['pipe', 'pipe', 'inherit'] },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end('through stdin\n');
  t.equal(await text(child.stdout), 'from the host\nb\nthrough stdin\n');
  t.equal(await ended, 7);

  const missing = program('run.mjs', rootfs, 'no-such-program');
  t.equal(missing.status, 127);
  t.match(missing.stderr, 'no-such-program');

  const signalled = spawn(
    process.execPath,
    ['run.mjs', rootfs, 'sh', '-c', 'trap "exit 9" TERM; echo up; while :; do sleep 0.02; done'],
    {
      ...{ cwd: directory, env, stdio: ['ignore', 'pipe', 'inherit'] },
    },
  );
  const end = new Promise((resolve) => signalled.once('exit', resolve));
  await new Promise((resolve) => signalled.stdout.once('data', resolve));
  signalled.kill('SIGTERM');
  t.equal(await end, 9, 'signals are passed on');
});

box.end(t);
