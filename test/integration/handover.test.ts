import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { cgroups } from '../helpers/machine.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('it makes the container first, and names no option'));

/** Nothing of the container is made: no hook runs, and its process doesn't. */
function marked(directory: string): (config: TestConfig) => void {
  return (config) => {
    config.process.args = ['touch', '/marks/process'];
    config.mounts.push({ destination: '/marks', source: directory, options: ['bind'] });
    config.hooks = { createRuntime: [{ path: '/bin/touch', args: ['touch', join(directory, 'hook')] }] };
  };
}

const terminal = (config: TestConfig) => (config.process.terminal = true);

t.test('what cannot be handed over is told before anything is made', { skip }, async (t) => {
  const directory = box.directory('paths');
  const plain = join(directory, 'file');
  writeFileSync(plain, '');
  const missing = join(directory, 'no/such');
  const cases: [flags: string[], what: RegExp][] = [
    [['--pid-file', missing], /no such file or directory/],
    [['--pid-file', join(plain, 'pid')], /not a directory/],
    [['--pid-file', directory], /is a directory/],
    [['--pid-file', '/proc/pid'], /no such file or directory|permission denied|not supported/],
    [['--pidfd-socket', missing], /no such file or directory/],
    [['--console-socket', missing], /no such file or directory/],
    [['--console-socket', plain], /connection refused/],
  ];
  const { id } = box.started();
  for (const [flags, what] of cases) {
    const [option = '', path = ''] = flags;
    const tty = option === '--console-socket';
    for (const command of [['create'], ['run', '--detach']]) {
      const marks = box.directory('marks');
      const bundle = box.bundle((config) => {
        marked(marks)(config);
        if (tty) terminal(config);
      });
      const result = box.call([...command, ...flags, '--bundle', bundle, box.id()]);
      const name = `${command[0]} ${flags.join(' ')}`;
      t.match(result, { status: 1, stdout: '' }, name);
      t.match(result.stderr, what, name);
      t.ok(result.stderr.startsWith(`tsrunc ${command[0]} failed: ${option} ${path}: `), result.stderr);
      t.same(readdirSync(marks), [], name);
    }
    const exec = ['exec', '--detach', ...(tty ? ['--tty'] : []), ...flags, id, 'touch', '/ran'];
    const result = box.call(exec);
    t.equal(result.status, 255, exec.join(' '));
    t.ok(result.stderr.startsWith(`exec failed: ${option} ${path}: `), result.stderr);
  }
  t.equal(box.call(['exec', id, 'ls', '/ran']).status, 1, 'nothing was executed');
});

t.test('a socket that nobody listens at: the process does not run', { skip }, async (t) => {
  const socket = join(box.directory('socket'), 'socket');
  spawnSync('python3', ['-c', `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(socket)})`]);
  t.ok(existsSync(socket));
  const { id } = box.started();
  for (const flags of [
    ['--tty', '--console-socket', socket],
    ['--pidfd-socket', socket],
  ]) {
    const result = box.call(['exec', '--detach', ...flags, id, 'touch', '/ran']);
    t.match(result, { status: 255, stderr: /^exec failed: --(console|pidfd)-socket .*: connection refused\n$/ });
  }
  t.equal(box.call(['exec', id, 'ls', '/ran']).status, 1);
  const marks = box.directory('marks');
  const result = box.call([
    'run',
    '--detach',
    '--pidfd-socket',
    socket,
    '--bundle',
    box.bundle(marked(marks)),
    box.id(),
  ]);
  t.match(result, { status: 1, stderr: /--pidfd-socket .*: connection refused/ });
  t.same(readdirSync(marks), ['hook'], 'made, but not run');
});

t.test('a log that cannot be written', { skip }, async (t) => {
  const directory = box.directory('log');
  for (const [path, what] of [
    [join(directory, 'no/such'), 'no such file or directory'],
    [directory, 'is a directory'],
  ] as const) {
    const result = box.call(['--log', path, 'run', '--bundle', box.bundle(), box.id()]);
    t.match(result, { status: 1, stdout: '' });
    t.match(result.stderr, `--log ${path}: open ${path}: ${what}`);
  }
});

t.test('--root in a file system of the kernel', { skip: skipIf(tsruncOnly('runc fails later')) }, async (t) => {
  const own = () => cgroups().filter((path) => path.includes(box.prefix));
  const before = own();
  const hierarchy = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type?.startsWith('cgroup'))?.[1];
  const bundle = box.bundle();
  for (const root of [
    '/proc',
    '/proc/tsrunc/x',
    '/sys/tsrunc',
    '/proc/self/tsrunc',
    `${hierarchy}`,
    `${hierarchy}/${box.prefix}-x/y`,
  ]) {
    for (const command of ['create', 'run']) {
      const result = box.call(['--root', root, command, '--bundle', bundle, box.id()]);
      t.match(result, { status: 1, stdout: '' }, root);
      t.match(
        result.stderr,
        /--root \S+ is in a file system of type (proc|sysfs|cgroup2?), which holds no state; /,
        root,
      );
    }
    t.match(box.call(['--root', root, 'state', 'x']), { status: 1, stderr: /does not exist/ }, root);
    t.equal(box.call(['--root', root, 'delete', '--force', 'x']).status, 0, root);
  }
  t.same(own(), before, 'no directory is left');
});

t.test('a root that cannot be made names the directory', { skip }, async (t) => {
  const file = join(box.directory(), 'file');
  writeFileSync(file, '');
  const result = box.call(['--root', join(file, 'root'), 'create', '--bundle', box.bundle(), box.id()]);
  t.match(result, { status: 1, stderr: /not a directory/ });
  const deep = join(box.directory(), 'a/b/c');
  const fine = box.call(['--root', deep, 'run', '--bundle', box.bundle(), box.id()]);
  t.match(fine, { status: 0, stderr: '' });
  mkdirSync(join(deep, 'd'));
});

box.end(t);
