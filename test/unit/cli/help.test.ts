import t from 'tap';
import { commandTable } from '../../../src/cli/command-table.js';
import { commands } from '../../../src/cli/commands.js';
import { globalOptions } from '../../../src/cli/shared-options.js';
import { runCli } from '../../helpers/cli-fake.js';

t.test('help of tsrunc names every command and every global option', async (t) => {
  const { code, stdout, stderr } = runCli(['--help']);
  t.equal(code, 0);
  t.equal(stderr, '');
  for (const { name, summary: does } of commandTable)
    t.match(stdout, new RegExp(`^  ${name} +${does.slice(0, 10)}`, 'm'), name);
  for (const { name, hidden } of globalOptions) t.equal(stdout.includes(`--${name} `), !hidden, name);
  for (const argv of [[], ['-h'], ['help'], ['-help']]) t.equal(runCli(argv).stdout, stdout, argv.join(' '));
});

t.test('help of every command names every option that is not hidden', async (t) => {
  for (const { name, options, arguments: args } of commandTable) {
    const { code, stdout } = runCli(['help', name]);
    t.equal(code, 0, name);
    t.match(stdout, new RegExp(`^tsrunc ${name} `), name);
    for (const option of options)
      t.equal(stdout.includes(`--${option.name} `), !option.hidden, `${name} ${option.name}`);
    for (const argument of args) t.ok(stdout.includes(argument.name), `${name} ${argument.name}`);
    t.equal(runCli([name, '--help']).stdout, stdout, `${name} --help`);
    t.equal(runCli([name, '-h']).stdout, stdout, `${name} -h`);
  }
});

/** The words of help texts: what folding must leave whole. */
const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const helpOf = (name: string, change: Parameters<typeof runCli>[1] = {}) =>
  runCli(['help', ...(name ? [name] : [])], change);
const names = ['', ...commandTable.map(({ name }) => name)];

t.test('help is as wide as the terminal, and breaks no word', async (t) => {
  const examples = new Set(commandTable.flatMap((one) => (one.examples ?? []).map(([line]) => `    ${line}`)));
  const long = (text: string, width: number) =>
    text.split('\n').filter((line) => line.length > width && !examples.has(line) && wordsOf(line).length > 1);
  for (const name of names) {
    const wide = helpOf(name, { columns: 120 }).stdout;
    t.same(long(helpOf(name).stdout, 80), [], `${name}: 80 columns where stdout is no terminal`);
    for (const columns of [60, 80, 97]) {
      const { stdout } = helpOf(name, { columns });
      t.same(long(stdout, columns), [], `${name}: terminal of ${columns}`);
      t.strictSame(wordsOf(stdout), wordsOf(wide), `${name}: every word is whole at ${columns}`);
    }
    t.same(long(helpOf(name, { columns: 200, env: { COLUMNS: '70' } }).stdout, 70), [], `${name}: $COLUMNS goes first`);
  }
  t.not(helpOf('run', { columns: 60 }).stdout, helpOf('run', { columns: 80 }).stdout, 'the width has an effect');
});

t.test('colours are for terminals, and never where NO_COLOR is set', async (t) => {
  t.ok(helpOf('run', { columns: 80 }).stdout.includes('\u001b['));
  const without: [string, Parameters<typeof runCli>[1]][] = [
    ['no terminal', {}],
    ['NO_COLOR', { columns: 80, env: { NO_COLOR: '1' } }],
    ['a dumb terminal', { columns: 80, env: { TERM: 'dumb' } }],
  ];
  for (const [what, change] of without)
    for (const name of names) t.notOk(helpOf(name, change).stdout.includes('\u001b'), `${what}: ${name}`);
});

t.test('every command of the table has code, and the other way round', async (t) => {
  t.strictSame(Object.keys(commands).sort(), commandTable.map(({ name }) => name).sort());
});

t.test('short forms and names are unique within a command', async (t) => {
  for (const { name, options } of [...commandTable, { name: 'global', options: globalOptions }]) {
    const all = options.flatMap((option) => [option.name, ...(option.short ? [option.short] : [])]);
    t.equal(new Set(all).size, all.length, name);
  }
});
