import t from 'tap';
import { failureOf, RuntimeError } from '../../../../src/library/client/runtime-error.js';

const ended = { name: 'start', argv: ['/usr/sbin/runc', 'start', 'web'], status: 1, signal: null, stderr: '', log: [] };
const said = (message: string, more: object = {}) =>
  failureOf({ ...ended, log: [{ level: 'error', message }], ...more });

t.test('the last error of the log, with its fields', async (t) => {
  const log = [
    { level: 'error', message: 'first' },
    { level: 'warning', message: 'a warning' },
    {
      ...{ level: 'error', message: 'last', code: 'step', pointer: '/mounts/6', position: { line: 1, column: 2 } },
      ...{ step: 'mount-fs', syscall: 'openat2', errno: 20, path: '/a', remark: 'r', hint: 'h', file: 'f' },
      problems: [{ level: 'error', message: 'p' }],
    },
    { level: 'debug', message: 'afterwards' },
  ];
  const error = failureOf({ ...ended, log, stderr: 'on stderr' });
  t.type(error, RuntimeError);
  t.type(error, Error);
  t.equal(error.name, 'RuntimeError');
  t.equal(error.message, 'runc start: last');
  t.match(error, { code: 'step', pointer: '/mounts/6', position: { line: 1, column: 2 }, step: 'mount-fs' });
  t.match(error, { syscall: 'openat2', errno: 20, path: '/a', remark: 'r', hint: 'h', file: 'f' });
  t.match(error, { exitStatus: 1, signal: null, stderr: 'on stderr', argv: ended.argv, problems: [{ message: 'p' }] });
  t.equal(error.log.length, 4);
});

t.test('the message has the command once', async (t) => {
  t.equal(said('runc start failed: why').message, 'runc start failed: why');
  t.equal(said('start failed: why').message, 'runc start failed: why');
  t.equal(said('why').message, 'runc start: why');
});

t.test('the kind, of what runtimes say', async (t) => {
  const kinds: [string, string][] = [
    ['container does not exist', 'not-found'],
    ['container `c1` does not exist: open `/run/crun/c1/status`: No such file or directory', 'not-found'],
    ['cannot open directory `/run/crun/c1`: No such file or directory', 'not-found'],
    ['container with given ID already exists', 'exists'],
    ['container `c1` already exists', 'exists'],
    ['container not running', 'state'],
    ['cannot delete container c1 that is not stopped: running', 'state'],
    ['cannot exec in a stopped container', 'state'],
    ['cannot start an already running container', 'state'],
    ['unable to signal init: os: process already finished', 'state'],
    ['the container is paused', 'state'],
    ["No help topic for 'events'", 'unsupported'],
    ['flag provided but not defined: -ignore-paused', 'unsupported'],
    ["error: unexpected argument '--stats' found", 'unsupported'],
    ['something else', 'failed'],
  ];
  for (const [message, code] of kinds) t.equal(said(message).code, code, message);
  t.equal(said('x', { log: [{ level: 'error', message: 'container not running', code: 'hook' }] }).code, 'hook');
  t.equal(said('x', { log: [{ level: 'error', message: 'y', code: 'no such code' }] }).code, 'failed');
});

t.test('without a log: the last words on stderr, else the status', async (t) => {
  const usage = 'Usage: crun COMMAND\n\n  options\n\nunknown command events\n';
  const lacking = failureOf({ ...ended, argv: ['/bin/crun', 'events'], name: 'events', stderr: usage });
  t.equal(lacking.code, 'unsupported');
  t.match(lacking.message, /^crun has no command "events".*unknown command events$/);
  t.equal(failureOf({ ...ended, status: 7 }).message, 'runc start: exit status 7');
  const killed = failureOf({ ...ended, status: null, signal: 'SIGKILL' });
  t.match(killed, { code: 'killed', signal: 'SIGKILL', exitStatus: null, message: /was ended by SIGKILL$/ });
});

t.test('what could not be executed', async (t) => {
  const spawnError = Object.assign(new Error('spawn /no ENOENT'), { syscall: 'spawn /no', code: 'ENOENT' });
  const error = failureOf({ ...ended, argv: ['/no', 'start'], status: null, spawnError });
  t.match(error, { code: 'spawn', exitStatus: null, cause: spawnError, message: /^\/no can't be executed: / });
});
