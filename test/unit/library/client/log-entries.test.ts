import t from 'tap';
import { readLog } from '../../../../src/library/client/answers/log-entries.js';

t.test('lines of tsrunc', async (t) => {
  const line = {
    level: 'error',
    msg: 'tsrunc create failed: 2 problems\n',
    time: '2026-01-31T23:59:59Z',
    code: 'config',
    pointer: '/process/cwd',
    file: '/b/config.json',
    line: 31,
    column: 9,
    problems: [{ msg: 'is "tmp"', code: 'config', pointer: '/process/cwd', line: 31, column: 9, hint: 'a hint' }],
    warnings: [{ msg: 'left out', pointer: '/mounts/0' }],
  };
  t.same(readLog(`${JSON.stringify(line)}\n`), [
    {
      level: 'error',
      message: 'tsrunc create failed: 2 problems',
      time: '2026-01-31T23:59:59Z',
      code: 'config',
      pointer: '/process/cwd',
      file: '/b/config.json',
      position: { line: 31, column: 9 },
      problems: [
        {
          level: 'error',
          message: 'is "tmp"',
          code: 'config',
          pointer: '/process/cwd',
          position: { line: 31, column: 9 },
          hint: 'a hint',
        },
      ],
      warnings: [{ level: 'warning', message: 'left out', pointer: '/mounts/0' }],
    },
  ]);
  const step = { level: 'error', msg: 'm', step: 'mount-fs', syscall: 'openat2', errno: 20, path: '/a', remark: 'r' };
  t.match(readLog(JSON.stringify(step)), [
    { step: 'mount-fs', syscall: 'openat2', errno: 20, path: '/a', remark: 'r' },
  ]);
});

t.test('lines of runc, objects over several lines of crun, entries of youki', async (t) => {
  const runc = '{"level":"warning","msg":"a { in a \\"text\\"","time":"x"}\n{"level":"error","msg":"b"}\n';
  t.match(readLog(runc), [
    { level: 'warning', message: 'a { in a "text"' },
    { level: 'error', message: 'b' },
  ]);
  const crun = '{\n  "msg": "cannot open `\\/nope`",\n  "level": "error"\n}\n{\n  "msg": "second"\n}';
  t.match(readLog(crun), [{ level: 'error', message: 'cannot open `/nope`' }, { message: 'second' }]);
  const youki = '{"timestamp":"t","level":"ERROR","fields":{"message":"no container"},"target":"youki"}';
  t.match(readLog(youki), [{ level: 'error', message: 'no container', time: 't' }]);
});

t.test('what is no JSON is skipped', async (t) => {
  t.same(readLog(''), []);
  t.match(readLog('time="x" level=error msg="text"\n{broken}\n{"msg":"whole"}\n{"msg":"cut'), [{ message: 'whole' }]);
  t.same(readLog('{"msg":1,"errno":"no number","line":"x"}'), [{ level: 'info', message: '' }]);
});
