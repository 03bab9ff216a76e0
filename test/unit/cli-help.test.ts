import t from 'tap';
import { commandTable } from '../../src/cli/command-table.js';
import { commands } from '../../src/cli/commands.js';
import { globalOptions } from '../../src/cli/shared-options.js';
import { runCli } from './cli-fake.js';

t.test('help of tsrunc names every command and every global option', async (t) => {
  const { code, stdout, stderr } = runCli(['--help']);
  t.equal(code, 0);
  t.equal(stderr, '');
  for (const { name, does } of commandTable) t.match(stdout, new RegExp(`tsrunc ${name} +${does.slice(0, 10)}`), name);
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
    t.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      `${name}: no long line`,
    );
    t.equal(runCli([name, '--help']).stdout, stdout, `${name} --help`);
    t.equal(runCli([name, '-h']).stdout, stdout, `${name} -h`);
  }
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
