import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { Log, type LogSettings } from '../../../src/cli/log.js';
import type { Native } from '../../../src/native/native.js';
import { runCli, stateFile } from '../../helpers/cli-fake.js';

/** A log, and what it has written by now. */
function logWith(settings: Partial<LogSettings>) {
  const written = { file: '', stderr: '' };
  const native = {
    appendFile: (_path: string, text: string) => {
      written.file += text;
    },
    write: (_fd: number, text: string) => {
      written.stderr += text;
    },
    clock: () => [1_700_000_000, 0],
  } as unknown as Native;
  return { written, log: new Log(native, { file: '/log', format: 'json', debug: false, ...settings }) };
}

const place = {
  pointer: '/process/capabilities/bounding/3',
  file: '/b/config.json',
  position: { line: 12, column: 5 },
};
const first = new TsruncError('config', '"CAP_FOO" is no known capability and is left out', place);
const second = new TsruncError('hook', '/hooks/poststop/0: error running poststop hook #0: exit status 1', {
  pointer: '/hooks/poststop/0',
});
const firstText = `/b/config.json:12:5: /process/capabilities/bounding/3: ${first.message}`;
const failure = { text: 'tsrunc create failed: no', fields: { code: 'step', errno: 2 } };
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

t.test('JSON, success: a line for each warning once it is known, nothing on stderr', async (t) => {
  const { log, written } = logWith({});
  log.enter('create', false);
  log.warn(first);
  log.warn(second);
  t.equal(written.file, '', 'held back');
  log.settle();
  t.equal(written.stderr, '');
  const lines = linesOf(written.file);
  t.equal(lines.length, 2);
  t.strictSame(lines[0], {
    level: 'warning',
    msg: firstText,
    time: '2023-11-14T22:13:20Z',
    code: 'config',
    pointer: '/process/capabilities/bounding/3',
    file: '/b/config.json',
    line: 12,
    column: 5,
  });
  t.strictSame(Object.keys(lines[0]).slice(0, 3), ['level', 'msg', 'time']);
  t.match(lines[1], { level: 'warning', msg: second.message, code: 'hook', pointer: '/hooks/poststop/0' });
  log.warn(first);
  t.equal(linesOf(written.file).length, 3, 'what comes later is told at once');
});

t.test('JSON, failure: one line, with the warnings inside', async (t) => {
  const { log, written } = logWith({});
  log.warn(first);
  log.warn(second);
  log.error(failure);
  const [line, ...more] = linesOf(written.file);
  t.strictSame(more, []);
  t.match(line, { level: 'error', msg: failure.text, code: 'step', errno: 2 });
  t.strictSame(
    line.warnings.map(({ msg }: { msg: string }) => msg),
    [firstText, second.message],
  );
  t.match(line.warnings[0], { code: 'config', pointer: place.pointer, line: 12, column: 5 });
  t.equal(written.stderr, `${failure.text}\n`, 'stderr has the error alone');
  const without = logWith({});
  without.log.error(failure);
  t.notOk('warnings' in linesOf(without.written.file)[0]);
});

t.test('JSON on stderr', async (t) => {
  const { log, written } = logWith({ file: undefined });
  log.warn(first);
  log.error(failure);
  t.match(linesOf(written.stderr), [{ level: 'error', warnings: [{ msg: firstText }] }]);
  t.equal(linesOf(written.stderr).length, 1);
});

t.test('text: lines of the log file in the form of logrus, and only the error on stderr', async (t) => {
  const { log, written } = logWith({ format: 'text' });
  log.warn(first);
  log.error(failure);
  const time = 'time="2023-11-14T22:13:20Z"';
  t.equal(
    written.file,
    `${time} level=warning msg=${JSON.stringify(firstText)}\n${time} level=error msg="tsrunc create failed: no"\n`,
  );
  t.equal(written.stderr, `${failure.text}\n`);
});

t.test('text on stderr: plain, the error last', async (t) => {
  const { log, written } = logWith({ format: 'text', file: undefined });
  log.warn(first);
  log.error(failure);
  t.equal(written.stderr, `warning: ${firstText}\n${failure.text}\n`);
});

t.test('a command whose output callers parse writes no warning to stderr, but to a file', async (t) => {
  for (const file of [undefined, '/dev/stderr']) {
    const { log, written } = logWith({ file });
    log.enter('state', true);
    log.warn(first);
    log.settle();
    t.equal(written.stderr, '');
  }
  const { log, written } = logWith({});
  log.enter('state', true);
  log.warn(first);
  log.settle();
  t.equal(linesOf(written.file).length, 1);
});

t.test('--debug: at once, once, and in the error all the same', async (t) => {
  const { log, written } = logWith({ debug: true });
  log.enter('create', false);
  log.warn(first);
  t.match(linesOf(written.file), [{ level: 'warning', func: 'create', file: '/b/config.json' }]);
  log.error(failure);
  const lines = linesOf(written.file);
  t.equal(lines.length, 2);
  t.equal(lines[1].warnings.length, 1);
});

t.test('a command that succeeds tells what it has warned of', async (t) => {
  const files = { '/run/tsrunc/web/state.json': 'no JSON', '/run/tsrunc/fine/state.json': stateFile({ id: 'fine' }) };
  const json = runCli(['--log=/log', '--log-format=json', 'list', '-q'], { files });
  t.match(json, { code: 0, stdout: 'fine\n', stderr: '' });
  t.match(linesOf(json.machine.files['/log'] ?? ''), [{ level: 'warning', code: 'state', msg: /web/ }]);
  const text = runCli(['list', '-q'], { files });
  t.match(text, { code: 0, stdout: 'fine\n', stderr: /^warning: [^\n]*web[^\n]*\n$/ });
});

t.test('one that fails has its warnings in the one line', async (t) => {
  const argv = ['--log=/log', '--log-format=json', 'update', '--kernel-memory', '5', 'nope'];
  const { code, machine, stderr } = runCli(argv);
  t.equal(code, 1);
  const lines = linesOf(machine.files['/log'] ?? '');
  t.equal(lines.length, 1);
  t.match(lines[0], { level: 'error', code: 'not-found', warnings: [{ msg: /^--kernel-memory is ignored/ }] });
  t.notMatch(stderr, /kernel-memory/);
});
