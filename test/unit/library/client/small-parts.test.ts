import { fstatSync, readFileSync } from 'node:fs';
import t from 'tap';
import { checkAnswer } from '../../../../src/library/client/answers/check-answer.js';
import { parseVersion } from '../../../../src/library/client/answers/version.js';
import { checkpointArguments, execArguments } from '../../../../src/library/client/arguments.js';
import { Capture } from '../../../../src/library/client/capture.js';
import { settingsOf } from '../../../../src/library/client/client-settings.js';
import { signalOf } from '../../../../src/library/client/result.js';
import { Scratch } from '../../../../src/library/client/scratch.js';
import { numberOfSignal } from '../../../../src/library/client/signals.js';

t.test('a captured output stops at its limit', async (t) => {
  let full = 0;
  const capture = new Capture({ maxBuffer: 5, onMaxBuffer: 'kill' }, () => full++);
  capture.add(Buffer.from('abc'));
  capture.add(Buffer.from('de'));
  t.notOk(capture.truncated, 'all of it fits');
  t.equal(full, 0);
  capture.add(Buffer.from('f'));
  capture.add(Buffer.from('g'));
  t.ok(capture.truncated);
  t.equal(full, 1, 'told once');
  t.equal(Buffer.from(capture.bytes()).toString(), 'abcde');
  const quiet = new Capture({ maxBuffer: 1 }, () => full++);
  quiet.add(Buffer.from('xyz'));
  t.same([quiet.truncated, Buffer.from(quiet.bytes()).toString(), full], [true, 'x', 1]);
});

t.test('a file without a name', async (t) => {
  const scratch = new Scratch('begin ');
  t.equal(fstatSync(scratch.fd).nlink, 0);
  t.equal(readFileSync(`/proc/self/fd/${scratch.fd}`, 'utf8'), 'begin ', 'others open it by the descriptor');
  t.equal(scratch.read(), 'begin ');
  t.equal(scratch.read(3), 'in ', 'the last bytes');
  scratch.close();
  scratch.close();
});

t.test('signals', async (t) => {
  t.same(['TERM', 'SIGKILL', 'sigusr1', 15, '9', 0].map(numberOfSignal), [15, 9, 10, 15, 9, 0]);
  for (const wrong of ['SIGFOO', 65, -1, 1.5, '']) t.throws(() => numberOfSignal(wrong), /unknown signal/);
  t.same([0, 1, 128, 129, 137, 192, 193, 255].map(signalOf), [
    ...[undefined, undefined, undefined, 'SIGHUP', 'SIGKILL', 'SIGRTMIN+30', undefined, undefined],
  ]);
});

t.test('versions', async (t) => {
  const runc = 'runc version 1.3.6\ncommit: v1.3.6-0-gabc\nspec: 1.2.1\ngo: go1.26\n';
  t.same(parseVersion(runc, []), {
    ...{ name: 'runc', version: '1.3.6', commit: 'v1.3.6-0-gabc', spec: '1.2.1', text: runc.trim() },
  });
  t.same(parseVersion('youki version: 0.5.0\n', []), { name: 'youki', version: '0.5.0', text: 'youki version: 0.5.0' });
  t.throws(() => parseVersion('hello', ['x']), { code: 'answer', argv: ['x'] });
});

t.test('options become words', async (t) => {
  t.same(execArguments({}), []);
  t.same(
    execArguments({
      ...{ cwd: '/a', env: { A: '1', B: '2' }, user: 1000, additionalGids: [5, 6], capabilities: ['CAP_KILL'] },
      ...{ noNewPrivileges: true, apparmorProfile: 'p', selinuxLabel: 'l', cgroup: 'c', ignorePaused: true },
      arguments: ['--more'],
    }).join(' '),
    '--cwd=/a --env=A=1 --env=B=2 --user=1000 --additional-gids=5 --additional-gids=6 --cap=CAP_KILL --no-new-privs ' +
      '--apparmor=p --process-label=l --cgroup=c --ignore-paused --more',
  );
  t.same(
    checkpointArguments({
      ...{ imagePath: 'i', workPath: 'w', tcpEstablished: true, extUnixSockets: true, shellJob: true, fileLocks: true },
      ...{ manageCgroupsMode: 'soft', leaveRunning: true, preDump: true, parentPath: '../p', arguments: ['--more'] },
    }).join(' '),
    '--image-path=i --work-path=w --tcp-established --ext-unix-sk --shell-job --file-locks ' +
      '--manage-cgroups-mode=soft --leave-running --pre-dump --parent-path=../p --more',
  );
});

t.test('settings become words', async (t) => {
  const settings = settingsOf({
    ...{ command: ['wrap', 'runc'], root: '/r', systemdCgroup: true, rootless: false, debug: true },
    ...{ globalArguments: ['--x'], env: { A: '1', B: undefined } },
  });
  t.same(settings.command, ['wrap', 'runc']);
  t.equal(settings.globals.join(' '), '--root=/r --systemd-cgroup --rootless=false --debug --x');
  t.same(settings.env, { A: '1' });
  t.match(settingsOf({}).command, [/tsrunc/]);
  const before = process.env.NOTIFY_SOCKET;
  process.env.NOTIFY_SOCKET = '/run/x';
  t.equal(settingsOf({}).env.NOTIFY_SOCKET, undefined, "what systemd gave to this program is not the containers'");
  if (before === undefined) delete process.env.NOTIFY_SOCKET;
  t.throws(() => settingsOf({ command: [] }), { code: 'usage' });
  t.throws(() => settingsOf({ log: '/no/such/directory/log' }), { code: 'usage' });
});

t.test('answers are checked', async (t) => {
  const argv = ['runc', 'state'];
  const state = { ociVersion: '1.0.2', id: 'a', status: 'running', pid: 5, bundle: '/b', extra: { kept: true } };
  t.same(await checkAnswer('state', JSON.stringify(state), argv), state);
  t.same(await checkAnswer('list', 'null', argv), []);
  t.same(await checkAnswer('pids', '[1,2]', argv), [1, 2]);
  const wrong: [Parameters<typeof checkAnswer>[0], string, RegExp][] = [
    ['state', '', /printed no state/],
    ['state', 'Usage: …', /printed no state/],
    ['state', JSON.stringify({ ...state, status: 'dancing' }), /\/status/],
    ['state', JSON.stringify({ ...state, pid: '5' }), /\/pid/],
    ['list', '{}', /printed no list/],
    ['pids', '["1"]', /\/0/],
    ['features', '{}', /ociVersionMin/],
    ['event', '{"type":"stats","id":"a","data":{}}', /\/data\/cpu/],
    ['event', '{"type":"other","id":"a"}', /\/type/],
  ];
  for (const [name, text, message] of wrong) {
    await t.rejects(
      checkAnswer(name, text, argv),
      { name: 'RuntimeError', code: 'answer', argv, message },
      `${name} ${text}`,
    );
  }
});
