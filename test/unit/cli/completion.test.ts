import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { commandTable } from '../../../src/cli/command-table.js';
import { runCli } from '../../helpers/cli-fake.js';

const scriptOf = (shell: string): string => runCli(['completion', shell]).stdout;
const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

t.test('every script names every command and option, and none that is hidden', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = scriptOf(shell);
    for (const { name, options } of commandTable) {
      t.ok(script.includes(name), `${shell} ${name}`);
      for (const option of options) {
        if (!option.hidden) t.match(script, new RegExp(`(--|-l )${option.name}\\b`), `${shell} ${name} ${option.name}`);
      }
    }
    t.notMatch(script, /(--|-l )criu\b/, shell);
    t.notMatch(script, /undefined|\[object/, shell);
  }
});

t.test('an apostrophe ends no quoted text', async (t) => {
  t.ok(scriptOf('zsh').includes("below the container'\\''s"));
  t.ok(scriptOf('fish').includes("below the container\\'s"));
});

t.test('the shells accept them', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    if (!has(shell)) {
      t.comment(`no ${shell} here`);
      continue;
    }
    const script = join(t.testdir(), shell);
    writeFileSync(script, scriptOf(shell));
    const { status, stderr } = spawnSync(shell, ['-n', script], { encoding: 'utf8' });
    t.equal(stderr, '', shell);
    t.equal(status, 0, shell);
  }
});

t.test('bash completes', { skip: !has('bash') && 'no bash here' }, async (t) => {
  const directory = t.testdir({ files: { 'some.json': '{}', sub: {} } });
  const script = join(directory, 'tsrunc.bash');
  writeFileSync(script, scriptOf('bash'));
  // Stands for the real one: `tsrunc [--root DIR] list --quiet`.
  const command = join(directory, 'tsrunc');
  writeFileSync(command, '#!/bin/sh\n[ "$1" = --root ] && { echo "in-$2"; exit; }\nprintf "web\\nworker\\n"\n');
  chmodSync(command, 0o755);
  const complete = (...words: string[]): string[] => {
    const program = `. ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tsrunc
      ((\${#COMPREPLY[@]})) && printf "%s\\n" "\${COMPREPLY[@]}"; true`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', program, 'bash', command, ...words], {
      encoding: 'utf8',
      cwd: join(directory, 'files'),
    });
    if (stderr) t.fail(stderr);
    return stdout.split('\n').filter((line) => line !== '');
  };
  t.strictSame(complete('cr'), ['create']);
  t.strictSame(complete('st'), ['start', 'state']);
  t.strictSame(complete('--log-f'), ['--log-format']);
  t.strictSame(complete('--log-format', 'j'), ['json']);
  t.strictSame(complete('--log-format', '=', 'j'), ['json'], '= is a word of its own for bash');
  t.strictSame(complete('--rootless', ''), ['auto', 'true', 'false']);
  t.strictSame(complete('--debug', 'lis'), ['list']);
  t.strictSame(complete('start', ''), ['web', 'worker']);
  t.strictSame(complete('start', 'wo'), ['worker']);
  t.strictSame(complete('start', 'web', ''), [], 'one argument is enough');
  t.strictSame(complete('--root', '/r', 'start', ''), ['in-/r']);
  t.strictSame(complete('--root', '=', '/r', 'start', ''), ['in-/r']);
  t.strictSame(complete('kill', 'web', 'TE'), ['TERM']);
  t.strictSame(complete('kill', 'web', 'SIGTE'), ['SIGTERM']);
  t.strictSame(complete('exec', 'web', '-'), [], 'what follows is of another program');
  t.strictSame(complete('delete', '-'), ['-f', '--force', '-r', '--regex', '-h', '--help']);
  t.strictSame(complete('create', '--bundle', ''), ['sub']);
  t.strictSame(complete('create', '--config', 'so'), ['some.json']);
  t.strictSame(complete('create', '--pid-file', 'x', '--no-p'), ['--no-pivot']);
  t.strictSame(complete('list', '--format', 't'), ['table']);
  t.strictSame(complete('list', '--format', 'id'), ['id,pid,status,age']);
  t.strictSame(complete('completion', 'f'), ['fish']);
  t.strictSame(complete('help', 'feat'), ['features']);
  t.strictSame(complete('create', ''), [], 'a new name cannot be guessed');
});

/** The words of an answer of `complete -C`, a line each with a description behind a tab. */
const fishWords = (answer: string): string[] =>
  answer
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');

t.test('fish completes', { skip: !has('fish') && 'no fish here' }, async (t) => {
  const directory = t.testdir({ files: { 'some.json': '{}', sub: {} }, home: {} });
  const script = join(directory, 'tsrunc.fish');
  writeFileSync(script, scriptOf('fish'));
  const command = join(directory, 'tsrunc');
  writeFileSync(command, '#!/bin/sh\n[ "$1" = --root ] && { echo "in-$2"; exit; }\nprintf "web\\nworker\\n"\n');
  chmodSync(command, 0o755);
  const lines = [
    'tsrunc cr',
    'tsrunc st',
    'tsrunc --log-f',
    'tsrunc --log-format j',
    'tsrunc --log-format=j',
    'tsrunc --debug lis',
    'tsrunc start ',
    'tsrunc start wo',
    'tsrunc start web ',
    'tsrunc --root /r start ',
    'tsrunc --root=/r start ',
    'tsrunc kill ',
    'tsrunc kill web TE',
    'tsrunc kill web SIGTE',
    'tsrunc kill web TERM ',
    'tsrunc delete -',
    'tsrunc create --bundle ',
    'tsrunc create --config so',
    'tsrunc create --pid-file x --no-p',
    'tsrunc list --format t',
    'tsrunc mounts ',
    'tsrunc mounts add ',
    'tsrunc mounts add web so',
    'tsrunc exec web -',
    'tsrunc completion f',
    'tsrunc help feat',
    'tsrunc create ',
    'tsrunc list start',
  ];
  const program = `source ${script}; for line in $argv; complete -C $line; echo ------; end`;
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', program, ...lines], {
    encoding: 'utf8',
    cwd: join(directory, 'files'),
    env: { ...process.env, HOME: join(directory, 'home'), PATH: `${directory}:${process.env.PATH}` },
  });
  t.equal(stderr, '');
  const answers = new Map(stdout.split('------\n').map((answer, i) => [lines[i], fishWords(answer)]));
  const complete = (line: string): string[] | undefined => answers.get(`tsrunc ${line}`);
  t.strictSame(complete('cr'), ['create']);
  t.strictSame(complete('st'), ['start', 'state']);
  t.strictSame(complete('--log-f'), ['--log-format']);
  t.strictSame(complete('--log-format j'), ['json']);
  t.strictSame(complete('--log-format=j'), ['--log-format=json']);
  t.strictSame(complete('--debug lis'), ['list']);
  t.strictSame(complete('start '), ['web', 'worker']);
  t.strictSame(complete('start wo'), ['worker']);
  t.strictSame(complete('start web '), [], 'one argument is enough');
  t.strictSame(complete('--root /r start '), ['in-/r']);
  t.strictSame(complete('--root=/r start '), ['in-/r']);
  t.strictSame(complete('kill '), ['web', 'worker'], 'first the container');
  t.strictSame(complete('kill web TE'), ['TERM']);
  t.strictSame(complete('kill web SIGTE'), ['SIGTERM']);
  t.strictSame(complete('kill web TERM '), []);
  t.strictSame(complete('delete -')?.sort(), ['--force', '--help', '--regex', '-f', '-h', '-r']);
  t.strictSame(complete('create --bundle '), ['sub/']);
  t.strictSame(complete('create --config so'), ['some.json']);
  t.strictSame(complete('create --pid-file x --no-p'), ['--no-pivot']);
  t.strictSame(complete('list --format t'), ['table']);
  t.strictSame(complete('mounts '), ['add', 'remove']);
  t.strictSame(complete('mounts add '), ['web', 'worker']);
  t.strictSame(complete('mounts add web so'), ['some.json']);
  t.strictSame(complete('exec web -'), [], 'what follows is of another program');
  t.strictSame(complete('completion f'), ['fish']);
  t.strictSame(complete('help feat'), ['features']);
  t.strictSame(complete('create '), [], 'a new name cannot be guessed');
  t.strictSame(complete('list start'), [], 'a command is not offered twice');
});
