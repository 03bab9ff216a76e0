import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { findCommand } from '../../../src/cli/command-table.js';
import { parseDuration } from '../../../src/cli/duration.js';
import { parseArguments } from '../../../src/cli/parse.js';
import { parseSize } from '../../../src/cli/size.js';
import { resourcesOf, withOption } from '../../../src/cli/update-options.js';
import { writeJson } from '../../../src/config/json/json-write.js';
import { runCli, stateFile } from '../../helpers/cli-fake.js';

const resources = (...words: string[]) =>
  resourcesOf(parseArguments(words, findCommand('update')!.options, 'update', false));

t.test('sizes', async (t) => {
  for (const [text, bytes] of [
    ['0', 0],
    ['1024', 1024],
    ['64k', 65536],
    ['512M', 536870912],
    ['1.5g', 1610612736],
    ['2GiB', 2147483648],
    ['3 kb', 3072],
    ['8P', 9007199254740992n],
  ] as const)
    t.equal(parseSize(text), bytes, text);
  for (const text of ['', '-1', '1x', 'k', '1.m', '1e3', '99999999999P']) t.equal(parseSize(text), undefined, text);
});

t.test('durations', async (t) => {
  for (const [text, milliseconds] of [
    ['5s', 5000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['300ms', 300],
    ['-1s', -1000],
    ['0', 0],
    ['10us', 0.01],
  ] as const)
    t.equal(parseDuration(text), milliseconds, text);
  for (const text of ['', '5', 's', '5 s', '5d', '1s2']) t.equal(parseDuration(text), undefined, text);
});

t.test('options as resources', async (t) => {
  t.strictSame(
    resources(
      ...[
        '--memory',
        '512M',
        '--memory-swap',
        '-1',
        '--memory-reservation=1g',
        '--cpu-quota',
        '-1',
        '--cpu-period=50000',
      ],
      ...['--cpu-share', '200', '--cpu-burst', '0', '--cpuset-cpus', '0-1', '--cpu-idle', '1', '--pids-limit', '-1'],
      ...['--blkio-weight', '500', '--cpu-rt-period', '1000000', '--cpu-rt-runtime', '950000', '--cpuset-mems', '0'],
      ...['--kernel-memory', '5m', '--l3-cache-schema', 'L3:0=f'],
    ),
    {
      blockIO: { weight: 500 },
      cpu: {
        period: 50000,
        quota: -1,
        burst: 0,
        shares: 200,
        realtimePeriod: 1000000,
        realtimeRuntime: 950000,
        cpus: '0-1',
        mems: '0',
        idle: 1,
      },
      memory: { limit: 536870912, reservation: 1073741824, swap: -1 },
      pids: { limit: -1 },
    },
  );
  t.strictSame(resources('--memory', '', '--cpu-quota='), {}, 'empty values count as none');
});

t.test('mistakes name the option', async (t) => {
  for (const [words, message] of [
    [['--memory', '1x'], /^invalid value for memory: invalid size: '1x'$/],
    [['--cpu-quota', '5x'], /^invalid value for cpu-quota: "5x"/],
    [['--cpu-period', '-5'], /^invalid value for cpu-period/],
    [['--pids-limit', 'many'], /^invalid value for pids-limit/],
    [['--cpu-quota', '5'], /^--cpu-quota: is 5; must be at least 1000/],
    [['--blkio-weight', '5'], /^--blkio-weight: is 5/],
    [['--cpuset-cpus', 'x'], /^--cpuset-cpus: /],
    [['--cpu-idle', '2'], /^--cpu-idle: is 2; must be 0 or 1/],
    [['--memory', '2m', '--memory-swap', '1m'], /^--memory-swap: /],
  ] as [string[], RegExp][])
    t.throws(() => resources(...words), { code: 'usage', message }, words.join(' '));
});

t.test('errors of the kernel name the option', async (t) => {
  const error = withOption(new TsruncError('system', '/cg: refused', { pointer: '/cpu/quota', errno: 22 }));
  t.match(error, { message: '--cpu-quota: /cg: refused', fields: { errno: 22, pointer: undefined } });
  const other = new TsruncError('system', 'other');
  t.equal(withOption(other), other);
});

t.test('JSON with integers of 64 bits', async (t) => {
  t.equal(
    writeJson({ a: 18446744073709551615n, b: [1n, undefined, null], c: undefined, d: '"' }),
    '{"a":18446744073709551615,"b":[1,null,null],"d":"\\""}',
  );
});

t.test('messages and exit codes', async (t) => {
  const files = { '/run/tsrunc/web/state.json': stateFile() };
  for (const [argv, message] of [
    [['pause', 'web'], /container not running/],
    [['resume', 'web'], /container not paused/],
    [['update', 'web', '--pids-limit', '5'], /container not running/],
    [['events', '--stats', 'web'], /container with id web is not running/],
    [['events', '--interval', '0s', 'web'], /duration interval must be greater than 0/],
    [['events', '--interval', 'x', 'web'], /invalid value "x" for flag --interval/],
    [['pause', 'nope'], /container does not exist/],
    [['resume', 'nope'], /container does not exist/],
    [['update', 'nope'], /container does not exist/],
    [['events', 'nope'], /container does not exist/],
    [['pause'], /"pause" requires exactly 1 argument/],
  ] as [string[], RegExp][]) {
    const { code, stderr, stdout } = runCli(argv, { files });
    t.equal(code, 1, argv.join(' '));
    t.match(stderr, message, argv.join(' '));
    t.equal(stdout, '');
  }
});
