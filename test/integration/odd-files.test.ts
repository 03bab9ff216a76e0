/** Files of the command line that are none: nothing hangs, and the message names the option and what is wrong. */
import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { execute, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const skip = skipIf(tsruncOnly('others wait'));

/** A FIFO that nobody has open. */
function fifoAt(path: string): string {
  execute(['mkfifo', path]);
  return path;
}

/** Ends in time, or the test fails. */
const call = (args: string[]) => box.call(args, { timeout: 20_000 });

t.test('a FIFO without a reader or writer', { skip }, async (t) => {
  const { id } = box.started();
  const directory = box.directory();
  const fifo = fifoAt(join(directory, 'fifo'));
  const bundle = box.bundle();
  execute(['rm', join(bundle, 'config.json')]);
  fifoAt(join(bundle, 'config.json'));
  const good = box.bundle();
  const cases: readonly (readonly [args: string[], words: RegExp])[] = [
    [
      ['--log', fifo, 'state', id],
      /^--log \S+fifo: open \S+fifo: no such device or address; a FIFO or device that nobody/,
    ],
    [['exec', '--process', fifo, id], /--process \S+fifo: a FIFO that nothing is written to; must be a regular file/],
    [['update', '--resources', fifo, id], /--resources \S+fifo: a FIFO that/],
    [['mounts', 'add', id, fifo], /mounts add: \S+fifo: a FIFO that/],
    [['create', '--bundle', bundle, box.id()], /config\.json: a FIFO that/],
    [['explain', '--bundle', bundle], /config\.json: a FIFO that/],
    [['create', '--bundle', good, '--config', fifo, box.id()], /fifo: a FIFO that/],
    [
      ['create', '--bundle', good, '--pid-file', fifo, box.id()],
      /--pid-file \S+fifo: is a FIFO; must be a regular file/,
    ],
    [['exec', '-d', '--pid-file', fifo, id, 'true'], /--pid-file \S+fifo: is a FIFO/],
  ];
  for (const [args, words] of cases) {
    const { status, stderr } = call(args);
    t.ok([1, 255].includes(status ?? 0), `${args.join(' ')}: ${status}`);
    t.match(stderr, words, args.join(' '));
  }
  t.equal(statSync(fifo).isFIFO(), true, 'it is still there');
});

t.test('devices and directories', { skip }, async (t) => {
  const { id } = box.started();
  const good = box.bundle();
  const directory = box.directory();
  const cases: readonly (readonly [args: string[], words: RegExp])[] = [
    [['exec', '--process', '/dev/null', id], /--process \/dev\/null: a character device that nothing is written to/],
    [['exec', '--process', '/dev/zero', id], /--process \/dev\/zero: \/dev\/zero is too large: at most 16777216 bytes/],
    [['update', '--resources', directory, id], /--resources \S+: \S+ is a directory; must be a file/],
    [['update', '--resources', join(directory, 'none'), id], /--resources \S+none: open \S+none: no such file/],
    [['create', '--bundle', good, '--config', '/dev/zero', box.id()], /is too large: at most 16777216 bytes/],
    [
      ['create', '--bundle', good, '--pid-file', '/dev/null', box.id()],
      /--pid-file \/dev\/null: is a character device/,
    ],
    [['--log', directory, 'list'], /--log \S+: open \S+: is a directory/],
  ];
  for (const [args, words] of cases) t.match(call(args).stderr, words, args.join(' '));
  t.equal(statSync('/dev/null').isCharacterDevice(), true, 'root keeps its /dev/null');
});

t.test('a socket that is none', { skip }, async (t) => {
  const { id } = box.started();
  const directory = box.directory();
  const fifo = fifoAt(join(directory, 'fifo'));
  writeFileSync(join(directory, 'file'), '');
  const terminal = box.bundle((config) => {
    config.process.terminal = true;
  });
  t.match(
    call(['create', '--bundle', terminal, '--console-socket', fifo, box.id()]).stderr,
    /--console-socket \S+fifo: .*: it is a FIFO, and must be a unix socket/,
  );
  t.match(
    call(['exec', '-d', '--pidfd-socket', join(directory, 'file'), id, 'sleep', '1']).stderr,
    /--pidfd-socket \S+file: .*: it is a regular file, and must be a unix socket/,
  );
});

t.test('a pipe is read to its end', { skip }, async (t) => {
  const { id } = box.started();
  const process = JSON.stringify({ args: ['/bin/echo', 'from a pipe'], cwd: '/', user: { uid: 0, gid: 0 } });
  const line = `"$@" --process <(sleep 0.2; printf %s '${process}') ${id}`;
  const { stdout, stderr } = execute(['bash', '-c', line, 'bash', runtime, '--root', box.root, 'exec']);
  t.equal(stdout, 'from a pipe\n', stderr);
});

t.test('a log that is a FIFO with a reader gets its lines', { skip }, async (t) => {
  const directory = box.directory();
  const fifo = fifoAt(join(directory, 'fifo'));
  const reader = spawn('cat', [fifo], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  reader.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  // Opened for both, it waits for nobody; so the command is never without a reader, and cat ends after it.
  const script = `exec 9<>"${fifo}"; "$@"; exec 9>&-`;
  execute(['bash', '-c', script, 'bash', runtime, '--root', box.root, '--log', fifo, 'state', 'no-such']);
  await new Promise((resolve) => reader.on('close', resolve));
  t.match(text, /level=error msg=.*does not exist/);
});

t.test('paths and names that are too long', { skip }, async (t) => {
  const long = `/${'x'.repeat(300)}`;
  t.match(call(['--log', long, 'list']).stderr, /--log .*: file name too long; a path may have 4095 bytes/);
  t.match(
    call(['create', '--bundle', '/'.padEnd(5000, 'x/'), box.id()]).stderr,
    /a path may have 4095 bytes, and each name in it 255/,
  );
  const named = box.bundle((config) => {
    config.hostname = 'h'.repeat(65);
  });
  t.match(call(['create', '--bundle', named, box.id()]).stderr, /\/hostname: .*64/);
});

t.test('more mounts than init takes', { skip }, async (t) => {
  const bundle = box.bundle((config) => {
    const many = Array.from({ length: 8200 }, () => ({ destination: '/dev/shm', type: 'tmpfs', source: 'tmpfs' }));
    config.mounts.push(...many);
  });
  const { status, stderr } = box.call(['run', '--bundle', bundle, box.id()], { timeout: 100_000 });
  t.equal(status, 1);
  t.match(stderr, /\/mounts\/\d+: mount-fs: move_mount \/dev\/shm \(more mounts than 8192\)/);
});

t.test('ps shows that a created container waits', { skip }, async (t) => {
  const { id } = box.create((config) => {
    config.process.args = ['sleep', '1000'];
  });
  t.match(box.call(['ps', id]).stdout, /tsrunc:\[created\] waits for start/);
  const { pid } = box.state(id);
  t.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /^tsrunc:\[created\] waits for start\0+$/);
  box.call(['start', id]);
  t.match(box.call(['ps', id]).stdout, /sleep 1000/);
});

t.test('a state file of another version', { skip }, async (t) => {
  const { id } = box.started();
  const file = join(box.root, id, 'state.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(text), version: 7, more: [] }));
  for (const args of [['state', id], ['list'], ['delete', id], ['kill', id], ['exec', id, 'true']]) {
    const { stderr } = box.call(args);
    t.match(stderr, /state\.json is of version 7; this tsrunc knows version 2/, args.join(' '));
    t.notMatch(stderr, /delete --force/, args.join(' '));
  }
  writeFileSync(file, text);
});

box.end(t);
