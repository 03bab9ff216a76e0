import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { findCommand } from '../../../src/cli/command-table.js';
import { describeError } from '../../../src/cli/describe-error.js';
import { execOptionsOf } from '../../../src/cli/exec-options.js';
import { parseArguments } from '../../../src/cli/parse.js';
import { runCli } from '../../helpers/cli-fake.js';

t.test('without --log the message is on stderr, once', async (t) => {
  const { code, stdout, stderr } = runCli(['state', 'nope']);
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, /^.*container does not exist\n$/);
});

t.test('--log-format json: one line with level, msg, time first', async (t) => {
  const { stderr } = runCli(['--log-format', 'json', 'state', 'nope']);
  t.strictSame(Object.keys(JSON.parse(stderr)).slice(0, 4), ['level', 'msg', 'time', 'code']);
  t.match(JSON.parse(stderr), {
    level: 'error',
    msg: /does not exist/,
    time: '2023-11-14T22:13:20Z',
    code: 'not-found',
  });
  t.equal(stderr.indexOf('\n'), stderr.length - 1);
});

t.test('--log: appended to the file, and plain on stderr', async (t) => {
  const files = { '/log': 'before\n' };
  const { stderr, machine } = runCli(['--log=/log', '--log-format=json', 'kill', 'x', 'NOSIG'], { files });
  const message = /^unknown signal "NOSIG"; .*\n$/;
  t.match(stderr, message);
  const lines = (machine.files['/log'] ?? '').split('\n');
  t.equal(lines.length, 3);
  t.match(JSON.parse(lines[1] ?? ''), { level: 'error', msg: stderr.trimEnd(), code: 'usage', hint: /TERM/ });

  const text = runCli(['--log', '/log', 'kill', 'x', 'NOSIG']).machine.files['/log'];
  t.match(text, /^time="2023-11-14T22:13:20Z" level=error msg="unknown signal \\"NOSIG\\"; [^\n]*"\n$/);
});

t.test('a usage error of the command goes to the log too', async (t) => {
  const { machine, stderr } = runCli(['--log', '/log', '--log-format', 'json', 'create']);
  t.match(JSON.parse(machine.files['/log'] ?? ''), { code: 'usage', msg: stderr.trimEnd() });
});

t.test('a log that cannot be written fails the command before it does anything', async (t) => {
  for (const command of [['state', 'nope'], ['list'], ['spec'], ['unknown']]) {
    const { code, stdout, stderr, machine } = runCli(['--log', '/full/log', ...command]);
    t.equal(code, 1);
    t.match(stderr, /^--log \/full\/log: write \/full\/log: no space left on device\n$/);
    t.equal(stdout, '');
    t.notOk(Object.keys(machine.files).some((path) => path.endsWith('config.json')));
  }
});

t.test('the log file is made, also by a command that has nothing to say', async (t) => {
  t.equal(runCli(['--log', '/log', 'list']).machine.files['/log'], '');
});

t.test('--debug says what was asked for, in the form of the log', async (t) => {
  t.match(runCli(['--debug', 'list']).stderr, /^debug: tsrunc [\d.]+: --debug list\n$/);
  const { stderr, machine } = runCli(['--debug', '--log=/log', '--log-format=json', 'list']);
  t.equal(stderr, '');
  const source = { func: 'list', file: 'src/cli/commands/list.ts' };
  t.match(JSON.parse(machine.files['/log'] ?? ''), { level: 'debug', msg: / list$/, ...source });
  const failed = runCli(['--debug', '--log=/log', 'state', 'x']).machine.files['/log'] ?? '';
  t.match(failed, /level=error msg="[^\n]*does not exist[^\n]*" func="state\(\)" file="state.ts"\n$/);
  const usage = runCli(['--debug', '--log=/log', '--log-format=json', 'nope']).machine.files['/log'] ?? '';
  t.match(JSON.parse(usage), { func: 'main', file: 'src/cli/main.ts' });
});

t.test('nothing is logged on success', async (t) => {
  const { machine, stderr } = runCli(['--log', '/log', '--log-format', 'json', 'list']);
  t.equal(stderr, '');
  t.equal(machine.files['/log'], '');
});

t.test('exit codes and beginnings of messages', async (t) => {
  const cases: [string[], number, RegExp][] = [
    [['frobnicate'], 1, /^unknown command "frobnicate"; see "tsrunc --help"\n$/],
    [['crate'], 1, /did you mean "tsrunc create"\?/],
    [['__proto__'], 1, /^unknown command/],
    [['--nope'], 1, /flag provided but not defined: --nope/],
    [['state', '--root', '/x', 'id'], 1, /global option: it stands before the command/],
    [['state', '../x'], 1, /invalid container ID format/],
    [['create', '..'], 1, /^tsrunc create failed: .*invalid container ID format/],
    [['create', '-b', '/nowhere', 'x'], 1, /^tsrunc create failed: .*\/nowhere: no such file or directory/],
    [['run', '-b', '/nowhere', 'x'], 1, /^tsrunc run failed: /],
    [['exec', 'nope', 'ls'], 255, /^exec failed: .*container does not exist/],
    [['exec', 'nope'], 255, /^exec failed: process args cannot be empty/],
    [['exec', '-p', '/nowhere', 'nope'], 255, /^exec failed: .*\/nowhere: no such file or directory/],
    [['exec'], 1, /requires a minimum of 1 argument/],
    [['exec', '--nope'], 1, /not defined/],
    [['start', 'nope'], 1, /container does not exist/],
    [['delete', 'nope'], 1, /container does not exist/],
    [['kill', 'nope', '0'], 1, /container does not exist/],
    [['kill', 'nope', '00'], 1, /unknown signal "00"/],
    [['kill', 'nope', '65'], 1, /unknown signal "65"/],
    [['ps', 'nope'], 1, /container does not exist/],
    [['--rootless=maybe', 'list'], 1, /--rootless: must be auto, true or false/],
    [['--log-format=xml', 'list'], 1, /--log-format: must be text or json/],
    [['help', 'nope'], 1, /no help for "nope"/],
  ];
  for (const [argv, code, message] of cases) {
    const outcome = runCli(argv);
    t.equal(outcome.code, code, argv.join(' '));
    t.match(outcome.stderr, message, argv.join(' '));
    t.equal(outcome.stdout, '', argv.join(' '));
    t.notMatch(outcome.stderr, /internal|fake machine/, argv.join(' '));
  }
});

t.test('a config with mistakes: every one on its own line, and in the log', async (t) => {
  const files = {
    '/b/config.json':
      '{\n  "ociVersion": "2.0.0",\n  "root": {"path": 7},\n  "process": {"cwd": "relative", "args": []}\n}\n',
  };
  const { code, stderr, machine } = runCli(['--log=/log', '--log-format=json', 'create', '-b', '/b', 'x'], { files });
  t.equal(code, 1);
  const [first, ...lines] = stderr.trimEnd().split('\n');
  t.match(first, /^tsrunc create failed: \d+ problems in /);
  t.ok(lines.length >= 3, stderr);
  for (const line of lines) t.match(line, /config\.json:\d+:\d+: \/\S+: /);
  const logged = JSON.parse(machine.files['/log'] ?? '');
  t.equal(logged.code, 'config');
  t.equal(logged.problems.length, lines.length);
  t.match(logged.problems[0], { pointer: '/ociVersion', line: 2, column: Number });
  t.match(logged, { pointer: '/ociVersion', line: 2 });

  const syntax = runCli(['create', '-b', '/b', 'x'], { files: { '/b/config.json': '{\n"a": }' } });
  t.match(syntax.stderr, /^tsrunc create failed: 1 problem in .*\n.*config\.json:2:6: /);
});

t.test('the text and the keys of an error', async (t) => {
  const fields = { pointer: '/mounts/3', step: 'mount-fs', syscall: 'fsopen', errno: 19, hint: 'load the module' };
  const step = new TsruncError('step', 'mount-fs: fsopen: no such device', fields);
  t.strictSame(JSON.parse(JSON.stringify(describeError(step, 'tsrunc create failed: '))), {
    text: 'tsrunc create failed: /mounts/3: mount-fs: fsopen: no such device; load the module',
    fields: { code: 'step', ...fields },
  });
  const placed = new TsruncError('step', '/mounts/3: no', {
    pointer: '/mounts/3',
    file: 'c',
    position: { line: 1, column: 2 },
  });
  t.equal(describeError(placed, '').text, 'c:1:2: /mounts/3: no');
  t.match(describeError(new RangeError('boom'), 'exec failed: '), {
    text: 'exec failed: internal error: boom',
    fields: { code: 'internal' },
  });
});

const execOptions = (words: string[], process?: Parameters<typeof execOptionsOf>[1]) =>
  execOptionsOf(parseArguments(words, findCommand('exec')?.options ?? [], 'exec', true), process);

t.test('CVE-2026-30892: a user that is not wholly understood is refused', async (t) => {
  const wrong = [
    'root',
    '0x0',
    '1000;',
    '1000 ',
    ' 0',
    '-1',
    '+0',
    '1e3',
    '0.0',
    ':',
    ':0',
    '0:',
    '0:0:0',
    '4294967295',
    '99999999999',
    '１',
  ];
  for (const user of wrong)
    t.throws(() => execOptions(['-u', user, 'x', 'sh']), { code: 'usage', message: /invalid/ }, user);
  t.strictSame(execOptions(['-u', '0', 'x', 'sh']).user, { uid: 0 });
  t.strictSame(execOptions(['--user=1000:4294967294', 'x', 'sh']).user, { uid: 1000, gid: 4294967294 });
  t.throws(() => execOptions(['-g', '5,6', 'x', 'sh']), { code: 'usage' });
});

t.test('--cwd of exec is absolute', async (t) => {
  const { code, stderr } = runCli(['exec', '--cwd', 'tmp', 'c', 'true']);
  t.equal(code, 255);
  t.match(stderr, /invalid --cwd "tmp": must be an absolute path/);
});

t.test('options of exec', async (t) => {
  const words = [
    '-e',
    'A=b=c',
    '-e=D=',
    '--cap',
    'net_admin',
    '-c',
    'CAP_KILL',
    '-g',
    '5',
    '-g',
    '6',
    '--cgroup',
    'a',
    '-t',
    'x',
    'ls',
    '-l',
  ];
  t.match(execOptions(words), {
    args: ['ls', '-l'],
    env: ['A=b=c', 'D='],
    capabilities: ['CAP_NET_ADMIN', 'CAP_KILL'],
    additionalGids: [5, 6],
    cgroups: ['a'],
    tty: true,
    detach: false,
    preserveFds: 0,
  });
  for (const variable of ['A', '=x', ''])
    t.throws(() => execOptions(['-e', variable, 'x', 'sh']), { code: 'usage' }, variable);
  t.equal(execOptions(['-d', '-t', '--console-socket', 's', 'x', 'sh']).consoleSocket, 's');
  t.equal(
    execOptions(['x'], { cwd: '/', terminal: true }).tty,
    true,
    'the process of --process may ask for a terminal',
  );
  t.throws(() => execOptions(['x', 'ls'], { cwd: '/' }), { message: /besides --process/ });
});
