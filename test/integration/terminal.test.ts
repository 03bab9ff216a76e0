import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { inTerminal, onNearlyFullTerminal, onUnreadTerminal, receiver } from '../helpers/python.js';
import { execute, kind, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);

const terminal = (script: string) => (config: TestConfig) => {
  config.process.terminal = true;
  config.process.args = ['sh', '-c', script];
};

/** `run` in the foreground on a pseudo-terminal. */
function foreground(
  script: string,
  steps: Parameters<typeof inTerminal>[1],
  change: (config: TestConfig) => void = () => {},
) {
  const bundle = box.bundle((config) => {
    terminal(script)(config);
    change(config);
  });
  return inTerminal([runtime, '--root', box.root, 'run', '--bundle', bundle, box.id('tty')], steps);
}

t.test(
  'a terminal in the foreground of what has none is refused',
  { skip: skipIf(differs({ crun: 'makes one that nobody is at' })) },
  async (t) => {
    const id = box.id();
    const session = { wrapper: ['setsid', '--wait'] };
    const result = box.call(['run', '--bundle', box.bundle(terminal('cat')), id], session);
    t.equal(result.status, 1);
    t.match(result.stderr, '/dev/tty: no such device or address');
    if (kind === 'tsrunc') t.match(result.stderr, /config\.json:\d+:\d+: \/process\/terminal: /);
    t.not(box.call(['state', id]).status, 0, 'nothing of it is there');
    const { id: other } = box.started();
    const exec = box.call(['exec', '--tty', other, 'cat'], session);
    t.not(exec.status, 0);
    t.match(exec.stderr, '/dev/tty: no such device or address');
  },
);

t.test('the container has a terminal of its own', { skip: skipIf() }, async (t) => {
  const result = foreground(
    'tty; test -t 0 && test -t 1 && test -t 2 && echo all; cut -d" " -f7 /proc/self/stat; stat -c %F /dev/console',
    [],
  );
  t.equal(result.status, 0, result.output);
  const [name, all, tty, console] = result.output.trim().split('\r\n');
  t.match(name, /^\/dev\/(pts\/0|console)$/);
  t.equal(all, 'all');
  t.equal(Number(tty), 136 << 8, 'pts/0 is the controlling terminal');
  t.equal(console, 'character special file');
});

t.test("raw mode, input, and the caller's mode back at the end", { skip: skipIf() }, async (t) => {
  const result = foreground('echo ready; read line; echo "got $line"', [
    ['expect', 'ready'],
    ['mode'],
    ['send', 'hello\r'],
    ['expect', 'got hello'],
  ]);
  t.equal(result.status, 0, result.output);
  t.same(result.raw, [true]);
  t.equal(result.after, false);
});

t.test('the window size follows', { skip: skipIf() }, async (t) => {
  const result = foreground('trap "stty size; exit 0" WINCH; stty size; echo ready; while :; do read x; done', [
    ['expect', '24 80'],
    ['expect', 'ready'],
    ['resize', 33, 101],
    ['expect', '33 101'],
  ]);
  t.match(result.output, /24 80.*33 101/s);
  t.equal(result.status, 0);
});

t.test('consoleSize is the first size', { skip: skipIf(differs({ runc: "takes the caller's" })) }, async (t) => {
  const socket = join(box.directory(), 'tty');
  const console = await receiver(socket, 'console');
  const { id } = box.create(
    (config) => {
      terminal('stty size')(config);
      config.process.consoleSize = { height: 20, width: 77 };
    },
    { flags: ['--console-socket', socket] },
  );
  box.call(['start', id]);
  const lines = await console.lines();
  t.match(lines[1]?.output, /20 77/);
});

t.test('^C reaches the process in the container', { skip: skipIf() }, async (t) => {
  const result = foreground('trap "echo interrupted; exit 7" INT; echo ready; while :; do read x; done', [
    ['expect', 'ready'],
    ['send', '\x03'],
    ['expect', 'interrupted'],
  ]);
  t.equal(result.status, 7, result.output);
});

t.test('output written right before the end is not lost', { skip: skipIf() }, async (t) => {
  const result = foreground('seq 1 5000; echo end', []);
  t.match(result.output, /5000\r\nend\r\n$/);
});

t.test('exec --tty', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const result = inTerminal(
    [runtime, '--root', box.root, 'exec', '--tty', id, 'sh', '-c', 'tty; echo ready; read l; echo "got $l"; exit 3'],
    [
      ['expect', 'ready'],
      ['send', 'x\r'],
      ['expect', 'got x'],
    ],
  );
  t.match(result.output, /^\/dev\/pts\/\d+\r\n/);
  t.equal(result.status, 3);
});

t.test(
  'exec --tty: the terminal is ready before the process is, however long that takes',
  { skip: skipIf(execute(['strace', '--version']).status !== 0 && 'needs strace') },
  async (t) => {
    const { id } = box.started();
    const slow = ['strace', '-o', '/dev/null', '-e', 'inject=ioctl:delay_enter=50000'];
    const result = inTerminal([...slow, runtime, '--root', box.root, 'exec', '--tty', id, 'stty', 'size'], []);
    t.equal(result.output, '24 80\r\n');
    t.equal(result.status, 0);
  },
);

for (const long of [false, true]) {
  t.test(
    `--console-socket${long ? ' with a path longer than sun_path' : ''}`,
    { skip: skipIf(long && differs({ runc: 'invalid argument' })) },
    async (t) => {
      const directory = box.directory(long ? 'x'.repeat(120) : 'short');
      const socket = join(directory, 'tty.sock');
      const console = await receiver(socket, 'console', 'hello\n');
      const { id } = box.create(terminal('read line; echo "got $line"; tty'), { flags: ['--console-socket', socket] });
      t.equal(box.call(['start', id]).status, 0);
      const [first, second, ...rest] = await console.lines();
      t.equal(first?.fds, 1, 'one descriptor in one message');
      t.match(first?.payload, /^\/dev\/(pts\/\d+|ptmx)/);
      t.match(second?.output, /got hello\r\n\/dev\/(pts\/0|console)\r\n/);
      t.equal(rest.length, 0);
    },
  );
}

t.test('exec --detach --tty --console-socket', { skip: skipIf() }, async (t) => {
  const { id } = box.started();
  const socket = join(box.directory(), 's');
  const pidFile = join(box.directory(), 'pid');
  const console = await receiver(socket, 'console');
  const result = box.call([
    'exec',
    '--detach',
    '--tty',
    '--console-socket',
    socket,
    '--pid-file',
    pidFile,
    id,
    'echo',
    'hello',
  ]);
  t.equal(result.status, 0, result.stderr);
  t.match(readFileSync(pidFile, 'utf8'), /^\d+$/);
  t.match((await console.lines())[1]?.output, /hello\r\n/);
});

t.test(
  'exec --tty ends when its process does, though nobody reads its output any more',
  { skip: skipIf(differs({ runc: 'waits for the reader for ever' })) },
  async (t) => {
    const { id } = box.started();
    const pidFile = join(box.directory(), 'pid');
    const exec = ['exec', '--tty', '--pid-file', pidFile, id, 'yes', 'more than a terminal holds'];
    t.equal(onUnreadTerminal(pidFile, [runtime, '--root', box.root, ...exec]), 137);
  },
);

t.test(
  'exec --tty ends when its process does, though its last output does not fit into the terminal',
  { skip: skipIf(differs({ runc: 'waits for the reader for ever' })) },
  async (t) => {
    const { id } = box.started();
    const exec = ['exec', '--tty', id, 'sh', '-c', 'printf %03000d 0; exit 3'];
    for (const round of [1, 2, 3]) {
      t.equal(onNearlyFullTerminal([runtime, '--root', box.root, ...exec]), 3, `round ${round}`);
    }
  },
);

t.test('a terminal and no console socket, or the other way round, is refused', { skip: skipIf() }, async (t) => {
  const missing = box.call(['create', '--bundle', box.bundle(terminal('true')), box.id()]);
  t.not(missing.status, 0);
  t.match(missing.stderr, /console.?socket/i);
  const socket = join(box.directory(), 'unused');
  const server = await receiver(socket, 'console');
  for (const [command, change] of [
    [['create'], () => {}],
    [['run'], terminal('true')],
  ] as const) {
    const result = box.call([...command, '--console-socket', socket, '--bundle', box.bundle(change), box.id()]);
    t.not(result.status, 0, command.join(' '));
    t.match(result.stderr, /console.?socket/i);
  }
  server.child.kill();
  await server.lines();
  t.notOk(existsSync(join(box.root, 'unused')));
});

t.test('a console socket nobody listens on leaves nothing', { skip: skipIf() }, async (t) => {
  const id = box.id();
  const result = box.call([
    'create',
    '--console-socket',
    '/no/such/socket',
    '--bundle',
    box.bundle(terminal('true')),
    id,
  ]);
  t.not(result.status, 0);
  t.match(result.stderr, /no such file or directory/);
  t.not(box.call(['state', id]).status, 0);
});

t.test(
  'events is a table on a terminal, and objects elsewhere',
  { skip: skipIf(tsruncOnly('no table')) },
  async (t) => {
    const live = () => {
      const { id } = box.create((config) => {
        config.process.args = ['sleep', '5'];
      });
      box.call(['start', id]);
      return id;
    };
    const events = (id: string, ...more: string[]) => [
      '--root',
      box.root,
      'events',
      '--interval',
      '100ms',
      ...more,
      id,
    ];
    const table = inTerminal([runtime, ...events(live())], [['expect', '%']]);
    t.equal(table.status, 0, table.output);
    const [heading, first, second] = table.output.split('\r\n');
    t.match(heading, /TIME \(UTC\) +CPU +MEMORY +LIMIT +PIDS +READ +WRITTEN +RECEIVED +SENT/);
    t.ok(heading?.startsWith('\u001b[1m'));
    t.match(first, /^\d\d:\d\d:\d\d +- +[\d.]+[BKM] /, 'a row at once');
    t.match(second, /^\d\d:\d\d:\d\d +\d+\.\d% +[\d.]+[BKM] /);
    const objects = inTerminal([runtime, ...events(live(), '--format', 'json')], []);
    t.match(JSON.parse(objects.output.split('\r\n')[0] ?? ''), { type: 'stats' });
    const asked = execute([runtime, ...events(live(), '--format', 'table', '--stats')]);
    t.match(asked.stdout, /^TIME \(UTC\) .*\n\d\d:/, 'no colours where stdout is no terminal');
  },
);

t.test('help on a terminal', { skip: skipIf(tsruncOnly('other words')) }, async (t) => {
  const help = (...env: string[]) => inTerminal(['env', ...env, runtime, 'help', 'exec'], []).output;
  t.ok(help().includes('\u001b[1mOptions:\u001b[0m'));
  t.notOk(help('NO_COLOR=1').includes('\u001b'));
  t.ok(
    help('COLUMNS=50', 'NO_COLOR=1')
      .split('\r\n')
      .filter((line) => line.length > 50).length <= 2,
    'but for the examples',
  );
});

box.end(t);
