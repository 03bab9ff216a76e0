import t from 'tap';
import { joinPointer } from '../../../src/base/json-pointer.js';
import { nearest } from '../../../src/base/nearest.js';
import { loadConfig, loadMounts } from '../../../src/config/load.js';
import { runCli } from '../../helpers/cli-fake.js';
import { changed, failureOf, fixtureConfigs } from '../../helpers/config-helpers.js';
import { processorTime } from '../../helpers/processor-time.js';

/** A word may have as much (MAX_ARG_STRLEN of execve(2) is 131072). */
const length = 130_000;
const of = (part: string): string => part.repeat(length / part.length);
const words = ['a', '-', '"', '1', 'd', '1s', 'a-', '--=', 'é', '.', '/', ' ', 'create ', ':', '0-', '[a'].map(of);

/** One that is quadratic takes minutes for such words, and more where the processor is emulated. */
const enough = process.env.TSRUNC_EMULATED === undefined ? 3000 : 15_000;

t.test('long words take no longer than short ones, and are not repeated whole', async (t) => {
  const calls = (word: string): string[][] => [
    [word],
    [`--${word}`, 'list'],
    [`-${word}`, 'list'],
    ['state', `--${word}`, 'x'],
    ['state', `-${word}`, 'x'],
    ['state', `--a=${word}`, 'x'],
    ['events', '--interval', `1${word}`, 'x'],
    ['events', '--interval', word, 'x'],
    ['update', '--memory', `1${word}`, 'x'],
    ['update', '--cpu-shares', `1${word}`, 'x'],
    ['update', '--cpuset-cpus', `1${word}`, 'x'],
    ['kill', 'x', word],
    ['kill', 'x', `RT${word}`],
    ['exec', '--user', word, 'x', 'true'],
    ['exec', '--env', `=${word}`, 'x', 'true'],
    ['help', word],
    ['completion', word],
    ['--log-format', word, 'list'],
    ['list', '--format', word],
    ['checkpoint', '--page-server', word, 'x'],
    ['mounts', word, 'x', 'y'],
    ['state', word],
  ];
  for (const word of words) {
    for (const call of calls(word)) {
      const title = call.map((part) => part.slice(0, 12)).join(' ');
      let stderr = '';
      const took = processorTime(() => {
        stderr = runCli(call).stderr;
      });
      if (took > enough) t.fail(`${title}: ${took.toFixed(0)} ms`);
      if (stderr.length > 1200) t.fail(`${title}: ${stderr.length} characters on stderr`);
      if (/internal error/.test(stderr)) t.fail(`${title}: ${stderr}`);
    }
  }
  t.pass(`${words.length} words`);
});

t.test('the nearest word of a long one', async (t) => {
  t.equal(nearest(of('a'), ['a', 'aa', 'create']), undefined);
  t.equal(nearest('a'.repeat(40), ['a'.repeat(38), 'create']), 'a'.repeat(38));
  t.equal(nearest('checkpiont', ['check', 'checkpoint']), 'checkpoint');
});

t.test('mistakes in a configuration are told in few words', async (t) => {
  const text = fixtureConfigs().get('everything.json') ?? '';
  const config = JSON.parse(text) as unknown;
  const longs = [of('/'), of('~'), of('1'), of('\\'), of('MB:')];
  let tried = 0;
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value === 'object' && value !== null) {
      // The second item of an array is like the first.
      const names = Array.isArray(value) ? Object.keys(value).slice(0, 1) : Object.keys(value);
      for (const name of names) visit((value as Record<string, unknown>)[name], joinPointer(pointer, name));
      return;
    }
    const long = longs[tried++ % longs.length]!;
    const broken = typeof value === 'string' ? long : 'BIG';
    const edited = JSON.stringify(changed(config, pointer, broken)).replace('"BIG"', '9'.repeat(length));
    const took = processorTime(() => {
      try {
        loadConfig(edited, 'config.json');
      } catch (error) {
        const longest = Math.max(...(error as Error).message.split('\n').map((line) => line.length));
        if (longest > 1500) t.fail(`${pointer}: ${longest} characters in a line`);
      }
    });
    if (took > enough) t.fail(`${pointer}: ${took.toFixed(0)} ms`);
  };
  visit(config, '');
  t.ok(tried > 150, `${tried} values`);
  for (const broken of [`{"${of('a')}" 1}`, `{"a": ${of('a')}}`, `{"a": ${of('1')}x}`]) {
    const { message } = failureOf(() => loadConfig(broken, 'config.json'));
    t.ok(message.length < 500, `${message.length} characters: ${message.slice(0, 80)}`);
  }
});

t.test('integers beyond 2^53 in a file of mounts', async (t) => {
  const mount = (size: string): string =>
    `[{"destination":"/a","type":"bind","source":"/","uidMappings":[{"containerID":0,"hostID":0,"size":${size}}]}]`;
  const { message } = failureOf(() => loadMounts(mount('18446744073709551616'), 'm'));
  t.match(message, 'm:1:99: /mounts/0/uidMappings/0/size: is 18446744073709551616; must be at most 4294967295');
  t.same(loadMounts('[{"destination":"/a","type":"tmpfs","extra":18446744073709551616}]', 'm').mounts.length, 1);
});
