import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { formatProblem } from '../../../src/config/format-problem.js';
import { loadConfig, loadProcess, loadResources } from '../../../src/config/load.js';
import {
  base,
  changed,
  failureOf,
  fixtureConfigs,
  fixtures,
  mistakes,
  mistakesIn,
} from '../../helpers/config-helpers.js';
import { processorTime } from '../../helpers/processor-time.js';

t.test('the configs that other programs make are taken', async (t) => {
  for (const [name, text] of fixtureConfigs()) {
    const config = loadConfig(text, name);
    t.same(config.warnings, [], name);
    t.equal(config.file, name);
    t.equal(config.text, text);
  }
});

t.test('twenty mistakes are twenty messages, each with its place', async (t) => {
  const text = readFileSync(join(fixtures, 'bundles/twenty-mistakes/config.json'), 'utf8');
  const error = failureOf(() => loadConfig(text, 'config.json'));
  t.equal(error.code, 'config');
  const problems = error.fields.problems ?? [];
  t.equal(problems.length, 20);
  t.equal(error.message, problems.map(formatProblem).join('\n'));
  t.same(
    problems.map(({ fields: { position, pointer } }) => `${position?.line}:${position?.column} ${pointer}`),
    [
      '2:17 /ociVersion',
      '3:11 /root/path',
      '4:15 /hostname',
      '6:13 /process/args',
      '7:12 /process/cwd',
      '8:26 /process/env/1',
      '9:22 /process/user/uid',
      '9:45 /process/user/umask',
      '11:17 /process/rlimits/0/type',
      '12:40 /process/rlimits/1/soft',
      '14:24 /process/noNewPrivileges',
      '18:88 /mounts/1/options/1',
      '19:5 /mounts/2/destination',
      '22:28 /hooks/poststop/0/path',
      '25:70 /linux/namespaces/2/type',
      '27:45 /linux/resources/memory/swap',
      '28:26 /linux/resources/cpu/shares',
      '31:24 /linux/seccomp/defaultAction',
      '32:82 /linux/seccomp/syscalls/0/errnoRet',
      '34:34 /linux/sysctl/vm.swappiness',
    ],
  );
  for (const problem of problems) {
    t.match(problem.message, /^[^;]+; \S/, 'what is wrong; what would be right');
    t.equal(problem.code, 'config');
    t.equal(problem.fields.file, 'config.json');
  }
});

t.test('messages', async (t) => {
  const cases: [pointer: string, value: unknown, messages: string[]][] = [
    ['/process/cwd', 5, ['/process/cwd: is the number 5; must be a string']],
    ['/process/cwd', undefined, ['/process/cwd: is missing; must be given']],
    ['/process/args', 'sh', ['/process/args: is the string "sh"; must be an array']],
    ['/process/args/0', null, ['/process/args/0: is null; must be a string']],
    ['/process/terminal', 'yes', ['/process/terminal: is the string "yes"; must be true or false']],
    ['/process', [], ['/process: is an array; must be an object']],
    ['/process/user/uid', '0', ['/process/user/uid: is the string "0"; must be an integer']],
    ['/process/user/uid', 1.5, ['/process/user/uid: is 1.5; must be an integer']],
    ['/process/user/uid', -1, ['/process/user/uid: is -1; must be at least 0']],
    ['/process/user/gid', 2 ** 32, ['/process/user/gid: is 4294967296; must be at most 4294967294']],
    ['/process/oomScoreAdj', 1001, ['/process/oomScoreAdj: is 1001; must be at most 1000']],
    [
      '/linux/namespaces/0/type',
      'pids',
      [
        '/linux/namespaces/0/type: "pids" is not known; did you mean "pid"? Known are pid, network, mount, ipc, uts, user, cgroup, time',
      ],
    ],
    [
      '/linux/personality',
      { domain: 'X' },
      ['/linux/personality/domain: "X" is not known; must be one of LINUX, LINUX32'],
    ],
    [
      '/linux/resources/hugepageLimits',
      [{ pageSize: '2 MB', limit: 1 }],
      ['/linux/resources/hugepageLimits/0/pageSize: is "2 MB"; must be a size such as "64KB", "2MB" or "1GB"'],
    ],
    ['/annotations', { a: 1 }, ['/annotations/a: is the number 1; must be a string']],
    ['/annotations', { 'a/b~c': {} }, ['/annotations/a~1b~0c: is an object; must be a string']],
  ];
  for (const [pointer, value, messages] of cases) t.same(mistakes(changed(base, pointer, value)), messages, pointer);
});

t.test('integers', async (t) => {
  const rate = (text: string) =>
    mistakesIn(
      JSON.stringify(changed(base, '/process/rlimits', [{ type: 'RLIMIT_AS', soft: 0, hard: 'HERE' }])).replace(
        '"HERE"',
        text,
      ),
    );
  t.same(rate('18446744073709551615'), []);
  t.same(rate('1e3'), []);
  t.same(rate('18446744073709551616'), [
    '/process/rlimits/0/hard: is 18446744073709551616; must be at most 18446744073709551615',
  ]);
  t.same(rate('-1'), ['/process/rlimits/0/hard: is -1; must be at least 0']);
  t.match(rate('1e19')[0], 'is not exact; must be written as an integer with all its digits');
  const { spec } = loadConfig(fixtureConfigs().get('everything.json') ?? '', 'everything.json');
  t.equal(spec.process?.rlimits?.[1]?.hard, 18446744073709551615n);
  t.equal(spec.process?.rlimits?.[0]?.hard, 1024);
});

t.test('one mistake is one message', async (t) => {
  t.same(
    mistakes(changed(base, '/root', {})).map((text) => text.split(':')[0]),
    ['/root/path'],
    'and the root is not said to be missing',
  );
  const broken = changed(changed(base, '/linux/namespaces/3/type', 'utss'), '/hostname', 'name');
  t.equal(mistakes(broken).length, 1, 'a hostname is not said to lack a namespace that is mistyped');
  t.same(
    mistakes({ ...base, linux: 5, hostname: 'name' }).map((text) => text.split(':')[0]),
    ['/linux'],
  );
});

t.test('what is no object', async (t) => {
  for (const text of ['[]', '"a"', '5', 'null', 'true']) {
    const error = failureOf(() => loadConfig(text, 'config.json'));
    t.match(error.message, /^config\.json:1:1: is .*; must be an object$/, text);
  }
});

t.test('syntax errors', async (t) => {
  const error = failureOf(() => loadConfig('{\n  "a": 1,\n}', 'dir/config.json'));
  t.equal(error.code, 'config');
  t.equal(error.message, 'dir/config.json:2:9: "," before "}"; the last one must have no comma after it');
  t.same(error.fields.position, { line: 2, column: 9 });
  t.equal(error.fields.problems?.length, 1);
});

t.test('NUL is refused wherever it is', async (t) => {
  t.same(mistakes(changed(base, '/process/args/0', 'a\0b')), [
    '/process/args/0: holds a NUL character; strings must be free of them',
  ]);
  t.same(mistakes(changed(base, '/linux/sysctl', { 'net.a\0': '' })).length, 1);
  t.same(mistakes({ ...base, unknown: ['\\u0000'] }), [], 'an escaped backslash is no NUL');
  const depth = 100_000;
  const deep = `${JSON.stringify(base).slice(0, -1)},"x":"\\u0000","deep":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  t.equal(mistakesIn(deep).length, 1);
});

t.test('bytes that are no UTF-8 are warned of', async (t) => {
  const { warnings } = loadConfig(JSON.stringify(changed(base, '/process/args/0', 'a\ufffd')), 'config.json');
  t.same(warnings, [{ pointer: '/process/args/0', text: 'holds U+FFFD: the file may not be UTF-8', code: 'encoding' }]);
});

t.test('unknown properties and other platforms are not looked at', async (t) => {
  const config = { ...base, platform: { os: 'linux' }, windows: { layerDirectories: 5 }, vm: {}, 'x.y': null };
  t.same(mistakes(config), []);
  t.same(mistakes(changed(config, '/process/unknown', [])), []);
});

t.test('loadProcess', async (t) => {
  t.same(loadProcess('{"cwd":"/","args":["sh"],"env":["A=1"]}', 'process.json').args, ['sh']);
  const error = failureOf(() => loadProcess('{"cwd":"x","args":[]}', 'process.json'));
  t.equal(
    error.message,
    'process.json:1:8: /cwd: is "x"; must be an absolute path in the container\n' +
      'process.json:1:19: /args: is empty; must hold the executable and its arguments',
  );
  t.equal(failureOf(() => loadProcess('{}', 'p')).fields.problems?.length, 2);
});

t.test('loadResources', async (t) => {
  t.same(loadResources('{"memory":{"swap":5}}', '-').memory, { swap: 5 }, 'the limit may be set already');
  t.equal(failureOf(() => loadResources('{"cpu":{"idle":2}}', '-')).message, '-:1:16: /cpu/idle: is 2; must be 0 or 1');
});

t.test('formatProblem leaves out what is not known', async (t) => {
  t.equal(formatProblem(new TsruncError('system', 'text')), 'text');
  t.equal(formatProblem(new TsruncError('config', 'text', { pointer: '/a' })), '/a: text');
  t.equal(formatProblem(new TsruncError('config', 'a', { file: 'f', hint: 'do that' })), 'f: a; do that');
});

t.test('time grows with the size, not with its square', async (t) => {
  const many = (count: number) => {
    const syscalls = Array.from({ length: count }, (_, i) => ({ names: [], action: `X${i}` }));
    const text = JSON.stringify(changed(base, '/linux/seccomp', { defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
    return processorTime(() => t.equal(mistakesIn(text).length, 2 * count));
  };
  many(500);
  const small = many(2000);
  const large = many(20_000);
  t.ok(large < 60 * small + 100, `${small.toFixed(0)} ms for 2000, ${large.toFixed(0)} ms for 20000`);
});
