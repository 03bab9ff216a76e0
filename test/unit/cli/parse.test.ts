import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import { nearest } from '../../../src/base/nearest.js';
import type { OptionDefinition } from '../../../src/cli/command-definition.js';
import { findCommand } from '../../../src/cli/command-table.js';
import { checkPositionals, parseArguments, parseOtherWords } from '../../../src/cli/parse.js';
import { globalOptions, helpOption } from '../../../src/cli/shared-options.js';

const optionsOf = (name: string): OptionDefinition[] => [...(findCommand(name)?.options ?? []), helpOption];
const parse = (name: string, words: string[]) =>
  parseArguments(words, optionsOf(name), name, findCommand(name)?.haltAtArgument === true);

function refused(work: () => unknown): { message: string; hint: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof TsruncError && error.code === 'usage')
      return { message: error.message, hint: error.fields.hint ?? '' };
    throw error;
  }
  return { message: 'accepted', hint: '' };
}

t.test('words of the plainest form are read as yargs-parser reads them', async (t) => {
  const commands = ['create', 'run', 'exec', 'kill', 'delete', 'list', ''];
  const vocabulary = [
    'id',
    'true',
    'false',
    '-',
    '--',
    '-1',
    'a b',
    "'q'",
    '"q',
    '',
    '0',
    '007',
    '1e3',
    'x=y',
    '--no-pivot=0',
    '-xy',
    '_',
    '--_',
    '__proto__',
    '--constructor',
  ];
  let next = 1;
  // The same numbers each time: a failure can be looked into.
  const random = (below: number): number => {
    next = (next * 48271) % 2147483647;
    return next % below;
  };
  for (let round = 0; round < 4000; round++) {
    const name = commands[random(commands.length)] as string;
    const options = name === '' ? globalOptions : optionsOf(name);
    const spellings = options.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])]);
    const words = Array.from({ length: random(7) }, () => {
      const list = random(2) ? spellings : vocabulary;
      return list[random(list.length)] as string;
    });
    const halt = random(2) === 1;
    const read = (parse: typeof parseArguments) => {
      try {
        const parsed = parse(words, options, name, halt);
        return JSON.stringify([parsed.positionals, options.map((option) => parsed.list(option.name))]);
      } catch (error) {
        if (error instanceof TsruncError) return error.message;
        throw error;
      }
    };
    const [plain, other] = [read(parseArguments), read(parseOtherWords)];
    if (plain !== other) t.equal(plain, other, JSON.stringify([words, halt]));
  }
});

t.test('every way to write a value', async (t) => {
  for (const words of [['--bundle', 'x'], ['--bundle=x'], ['-b', 'x'], ['-b=x'], ['-bundle', 'x'], ['-bundle=x']]) {
    t.equal(parse('create', [...words, 'id']).text('bundle'), 'x', words.join(' '));
    t.strictSame(parse('create', [...words, 'id']).positionals, ['id'], words.join(' '));
  }
});

t.test('a value may begin with a dash, hold =, be empty, a number, true or with a line break', async (t) => {
  for (const value of [
    '-x',
    '--pid-file',
    '-1',
    'a=b=c',
    '',
    '007',
    'true',
    'false',
    '--',
    '-',
    'a\nb=c',
    '1e3',
    '0x10',
  ]) {
    t.equal(parse('create', ['--bundle', value, 'id']).text('bundle'), value, JSON.stringify(value));
    t.equal(parse('create', [`--bundle=${value}`, 'id']).text('bundle'), value, JSON.stringify(value));
    t.strictSame(parse('create', ['--bundle', value, 'id']).positionals, ['id'], JSON.stringify(value));
  }
  t.equal(parse('exec', ['--env', '--detach', 'id']).text('env'), '--detach', 'an option as a value');
  t.equal(parse('exec', ['--env', '-d', 'id']).flag('detach'), false);
});

t.test('flags', async (t) => {
  for (const words of [['--no-pivot'], ['-no-pivot'], ['--no-pivot=true'], ['--no-pivot=1'], ['--no-pivot=T']]) {
    t.equal(parse('create', [...words, 'id']).flag('no-pivot'), true, words.join(' '));
  }
  for (const words of [[], ['--no-pivot=false'], ['--no-pivot', '--no-pivot=0']]) {
    t.equal(parse('create', [...words, 'id']).flag('no-pivot'), false, words.join(' '));
  }
  for (const word of ['true', 'false', '_', 'a.b', '42', '007']) {
    const { positionals } = parse('delete', ['--force', word]);
    t.strictSame(positionals, [word], `a flag doesn't swallow the container named ${word}`);
  }
  t.equal(parse('run', ['-no-subreaper', 'id']).flag('no-subreaper'), true, 'go-runc writes it so');
});

t.test('lists keep their order, other options take the last value', async (t) => {
  t.strictSame(parse('exec', ['-e', 'A=1', '--env=B=2', '-e=C=3', 'id']).list('env'), ['A=1', 'B=2', 'C=3']);
  t.equal(parse('exec', ['--cwd', '/a', '--cwd=/b', 'id']).text('cwd'), '/b');
  t.strictSame(parse('exec', ['id']).list('env'), []);
});

t.test('options end at ID for exec, kill and ps, and nowhere else', async (t) => {
  const words = ['-t', 'id', 'ls', '-d', '--env', 'x', '--', '--unknown=1', '-t'];
  const exec = parse('exec', words);
  t.strictSame(exec.positionals, words.slice(1));
  t.equal(exec.flag('tty'), true);
  t.equal(exec.flag('detach'), false);
  t.strictSame(parse('kill', ['id', '-9']).positionals, ['id', '-9']);
  t.strictSame(parse('ps', ['--format', 'table', 'id', '-o pid,cmd']).positionals, ['id', '-o pid,cmd']);
  t.equal(parse('delete', ['id', '--force']).flag('force'), true);
  t.strictSame(parse('delete', ['--force', '--', '--id']).positionals, ['--id']);
});

t.test('the global options end at the command', async (t) => {
  const words = ['--root', '/r', '--debug', '--log=/l', '--log-format', 'json', '--systemd-cgroup', '--rootless=true'];
  const globals = parseArguments([...words, 'create', '--bundle', 'b'], globalOptions, '', true);
  t.strictSame(globals.positionals, ['create', '--bundle', 'b']);
  t.equal(globals.text('root'), '/r');
  t.equal(globals.text('rootless'), 'true');
  t.equal(globals.flag('systemd-cgroup'), true);
  t.equal(parseArguments(['-root', '/r', 'list'], globalOptions, '', true).text('root'), '/r');
  t.equal(parseArguments(['--criu', 'x', 'list'], globalOptions, '', true).text('criu'), 'x');
});

t.test('what is not understood is refused, with what would be right', async (t) => {
  const cases: [string, string[], RegExp, RegExp?][] = [
    ['create', ['--bundel', 'x', 'id'], /^create: flag provided but not defined: --bundel$/, /--bundle\?/],
    ['create', ['-z', 'id'], /not defined: -z$/, /tsrunc help create/],
    ['create', ['--root=/x', 'id'], /not defined: --root$/],
    ['create', ['--_', 'id'], /not defined/],
    ['create', ['--_=x', 'id'], /not defined/],
    ['create', ['--__proto__', 'id'], /not defined/],
    ['create', ['--toString', 'id'], /not defined/],
    ['create', ['-5', 'id'], /not defined: -5$/],
    ['create', ['--no-no-pivot', 'id'], /not defined/],
    ['create', ['--noPivot', 'id'], /not defined/],
    ['exec', ['-td', 'id', 'ls'], /not defined: -td$/, /-t -d/],
    ['create', ['id', '--bundle'], /^create: flag needs an argument: --bundle DIR$/],
    ['exec', ['--env'], /needs an argument: --env NAME=VALUE/],
    ['create', ['--no-pivot=maybe', 'id'], /invalid value "maybe" for flag --no-pivot: must be true or false/],
    ['create', ['--no-pivot=', 'id'], /invalid value ""/],
    ['create', ['--preserve-fds', 'x', 'id'], /invalid value "x" for flag --preserve-fds: must be a number/],
    ['create', ['--preserve-fds=-1', 'id'], /must be a number/],
    ['create', ['--preserve-fds=1.5', 'id'], /must be a number/],
    ['create', ['--preserve-fds=', 'id'], /must be a number/],
    ['create', ['--preserve-fds=3', '--preserve-fds=x', 'id'], /must be a number/],
    ['ps', ['--format', 'yaml'], /invalid value "yaml" for flag --format: must be table or json/],
  ];
  for (const [name, words, message, hint = /./] of cases) {
    const error = refused(() => parse(name, words));
    t.match(error.message, message, words.join(' '));
    if (hint.source !== '.') t.match(error.hint, hint, words.join(' '));
  }
});

t.test('the number of arguments', async (t) => {
  const check = (name: string, words: string[]) =>
    refused(() => checkPositionals(words, findCommand(name)?.arguments ?? [], name));
  t.match(check('create', []).message, /^tsrunc: "create" requires exactly 1 argument\(s\)$/);
  t.match(check('create', []).hint, /usage: tsrunc create \[options\] ID/);
  t.match(check('create', ['a', 'b']).hint, /tsrunc spec -- b/);
  t.match(check('kill', []).message, /a minimum of 1/);
  t.match(check('kill', ['a', 'b', 'c']).message, /a maximum of 2/);
  t.match(check('list', ['a']).message, /exactly 0/);
  t.match(check('exec', []).message, /a minimum of 1/);
  t.match(check('completion', ['tcsh']).message, /must be bash, zsh or fish/);
  for (const [name, words] of [
    ['create', ['a']],
    ['kill', ['a', '9']],
    ['exec', ['a', 'b', 'c', 'd']],
    ['list', []],
  ] as [string, string[]][]) {
    t.equal(check(name, words).message, 'accepted', `${name} ${words.join(' ')}`);
  }
});

t.test('the nearest word', async (t) => {
  const words = ['create', 'start', 'state', 'delete', 'features'];
  t.equal(nearest('crate', words), 'create');
  t.equal(nearest('strat', words), 'start');
  t.equal(nearest('feat', words), 'features');
  t.equal(nearest('DELETE', words), 'delete');
  t.equal(nearest('xyzzy', words), undefined);
});

t.test('what only other runtimes have is refused, and not passed over (docs/compatibility.md)', async (t) => {
  t.match(refused(() => parse('spec', ['--file', 'x'])).message, /file/);
  t.match(refused(() => parse('restore', ['--network-lock', 'skip', 'id'])).message, /network-lock/);
  t.match(
    refused(() => parseArguments(['--log-level', 'debug', 'list'], globalOptions, '', true)).message,
    /log-level/,
  );
  t.equal(findCommand('info'), undefined);
});
