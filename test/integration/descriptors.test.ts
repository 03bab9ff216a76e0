import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { receiver } from '../helpers/python.js';
import { execute, plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);

function withFiles<T>(count: number, use: (fds: number[]) => T): T {
  const directory = box.directory();
  const fds = Array.from({ length: count }, (_, index) => {
    const path = join(directory, `${index}`);
    writeFileSync(path, `file ${index}\n`);
    return openSync(path, 'r');
  });
  try {
    return use(fds);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

t.test('--preserve-fds keeps 3.. at their numbers, and no other', { skip: skipIf() }, async (t) => {
  const result = withFiles(3, (extraFds) =>
    box.sh('cat <&3; cat <&4; ls /proc/self/fd', () => {}, { flags: ['--preserve-fds', '2'], extraFds }),
  );
  t.match(result.stdout, /^file 0\nfile 1\n0\n1\n2\n3\n4\n(5\n)?$/, result.stderr);
});

t.test('exec --preserve-fds', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const result = withFiles(2, (extraFds) =>
    box.call(['exec', '--preserve-fds', '2', id, 'sh', '-c', 'cat <&4; cat <&3'], { extraFds }),
  );
  t.equal(result.stdout, 'file 1\nfile 0\n', result.stderr);
});

t.test('LISTEN_FDS', { skip: skipIf() }, async (t) => {
  const result = withFiles(2, (extraFds) =>
    box.sh('echo $LISTEN_FDS $LISTEN_PID; cat <&3; cat <&4', () => {}, {
      extraFds,
      env: { ...plainEnv, LISTEN_FDS: '2' },
      wrapper: ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'],
    }),
  );
  t.equal(result.stdout, '2 1\nfile 0\nfile 1\n', result.stderr);
});

/** Starts `run` under a service manager's socket and reports readiness from the container. */
async function runNotifying(name: string, flags: string[]) {
  const socket = join(box.directory(), 'notify');
  const host = await receiver(socket, 'notify');
  // busybox has no sd_notify; a static perl or python isn't there either, so the test's own process writes to the
  // container's socket through /proc/PID/root.
  const id = box.id(name);
  const bundle = box.bundle((config) => {
    config.process.args = ['sh', '-c', 'echo $NOTIFY_SOCKET > /said; stat -c %F $NOTIFY_SOCKET >> /said; sleep 1000'];
  });
  const run = spawn(runtime, ['--root', box.root, 'run', ...flags, '--bundle', bundle, id], {
    env: { ...plainEnv, NOTIFY_SOCKET: socket },
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => run.once('exit', resolve));
  const said = join(bundle, 'rootfs/said');
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline && !(existsSync(said) && readFileSync(said, 'utf8').split('\n').length > 2)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { pid } = box.state(id);
  execute([
    'python3',
    '-c',
    `import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect('/proc/${pid}/root/run/notify/notify.sock'); s.send(b'STATUS=no\\nREADY=1\\n')`,
  ]);
  const messages = (await host.lines()).map((line) => String(line.message)).join('\n');
  if (flags.includes('--detach')) await ended;
  box.call(['kill', id, 'KILL']);
  await ended;
  return { said: readFileSync(said, 'utf8'), messages, init: pid, runtime: run.pid };
}

t.test(
  'NOTIFY_SOCKET: READY= reaches the socket of the host, with the runtime in the foreground as MAINPID',
  { skip: skipIf(differs({ runc: 'tells MAINPID only when detached' })) },
  async (t) => {
    const { said, messages, runtime } = await runNotifying('notify', []);
    t.equal(said, '/run/notify/notify.sock\nsocket\n');
    t.match(messages, /^READY=1$/m);
    t.match(messages, new RegExp(`^MAINPID=${runtime}$`, 'm'));
    t.notMatch(messages, /STATUS/);
  },
);

t.test('NOTIFY_SOCKET: run --detach ends after READY=, with init as MAINPID', { skip: skipIf() }, async (t) => {
  const { messages, init } = await runNotifying('notify-detached', ['--detach']);
  t.match(messages, /^READY=1$/m);
  t.match(messages, new RegExp(`^MAINPID=${init}$`, 'm'));
});

t.test('--pid-file holds digits alone', { skip: skipIf() }, async (t) => {
  const file = join(box.directory(), 'pid');
  const { id } = box.create(() => {}, { flags: ['--pid-file', file] });
  t.equal(readFileSync(file, 'utf8'), String(box.state(id).pid));
  t.same(readdirSync(join(file, '..')), ['pid'], 'and no temporary file stays beside it');
});

t.test('--pid-file of run', { skip: skipIf() }, async (t) => {
  const file = join(box.directory(), 'pid');
  box.sh('true', () => {}, { flags: ['--pid-file', file] });
  t.match(readFileSync(file, 'utf8'), /^\d+$/);
});

t.test('a pid file that cannot be written fails the command and leaves nothing', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const result = box.call(['create', '--pid-file', '/no/such/directory/pid', '--bundle', box.bundle(), id]);
  t.not(result.status, 0);
  t.match(result.stderr, /no such file or directory/);
  t.not(box.call(['state', id]).status, 0);
});

t.test('--pidfd-socket', { skip: skipIf(differs({ runc: 'came with 1.2' })) }, async (t) => {
  const socket = join(box.directory(), 'pidfd');
  const caller = await receiver(socket, 'pidfd');
  const { id } = box.create(() => {}, { flags: ['--pidfd-socket', socket] });
  const lines = await caller.lines();
  t.equal(lines[0]?.fds, 1);
  t.equal(lines[1]?.pid, box.state(id).pid);
  const second = await receiver(`${socket}2`, 'pidfd');
  t.equal(box.call(['start', id]).status, 0);
  const { id: other } = box.started();
  t.equal(box.call(['exec', '--pidfd-socket', `${socket}2`, other, 'true']).status, 0);
  t.equal((await second.lines())[0]?.fds, 1);
});

box.end(t);
