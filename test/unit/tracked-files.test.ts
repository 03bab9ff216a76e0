/** What lies at the top of the repository is what belongs there: a file that was left by accident is seen. */
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { project } from '../helpers/runtime.js';

const known = [
  ...[
    '.ci',
    '.editorconfig',
    '.gitignore',
    '.npmrc',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    'LICENSE',
    'NOTICE',
    'README.md',
  ],
  ...[
    'addon',
    'bench',
    'binding.gyp',
    'biome.json',
    'docs',
    'package-lock.json',
    'package.json',
    'scripts',
    'spec-schemas',
  ],
  ...['src', 'test', 'tsconfig.json', 'tsconfig.test.json'],
];

const git = spawnSync('git', ['ls-tree', '--name-only', 'HEAD'], { cwd: project, encoding: 'utf8' });

t.test('the top of the repository', { skip: git.status !== 0 && 'not a clone' }, async (t) => {
  const names = git.stdout.trim().split('\n');
  t.same(
    names.filter((name) => !known.includes(name)),
    [],
    'a new one gets its place in this list',
  );
  t.same(
    known.filter((name) => !names.includes(name)),
    [],
    'and what is gone goes',
  );
});
