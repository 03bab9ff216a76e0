import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { project } from '../helpers/runtime.js';

const npm = spawnSync('npm', ['--version'], { encoding: 'utf8' });

t.test(
  'npm ci in a clone, where nothing is built yet, compiles nothing',
  { skip: npm.status !== 0 && 'npm is not in PATH' },
  async (t) => {
    const directory = t.testdir();
    const { dependencies, devDependencies, ...manifest } = JSON.parse(
      readFileSync(join(project, 'package.json'), 'utf8'),
    );
    t.ok(dependencies && devDependencies);
    // Without the packages of others, so that nothing is fetched: what npm does for the project itself is left.
    const { name, version } = manifest;
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    const lock = { name, version, lockfileVersion: 3, requires: true, packages: { '': { name, version } } };
    writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(lock));
    copyFileSync(join(project, 'binding.gyp'), join(directory, 'binding.gyp'));
    const args = ['ci', '--offline', '--no-audit', '--no-fund', '--no-update-notifier', '--ignore-scripts=false'];
    const result = spawnSync('npm', [...args, `--cache=${join(directory, 'cache')}`], {
      cwd: directory,
      encoding: 'utf8',
    });
    t.equal(result.status, 0, result.stdout + result.stderr);
    t.notMatch(result.stdout + result.stderr, /node-gyp/);
  },
);

t.test('npm run build without node_modules says how to get it', async (t) => {
  const directory = t.testdir();
  cpSync(join(project, 'scripts'), join(directory, 'scripts'), { recursive: true });
  const result = spawnSync(process.execPath, [join(directory, 'scripts/build.mjs')], { encoding: 'utf8' });
  t.equal(result.status, 1);
  t.match(result.stderr, /^node_modules is missing: `npm ci` makes it/);
});

t.test('the matrix of engines is not written without results', async (t) => {
  const directory = t.testdir();
  const file = join(directory, 'matrix.md');
  const args = ['test/engines/run.mjs', '--matrix', '--results', join(directory, 'none'), '--write', file];
  const result = spawnSync(process.execPath, args, { cwd: project, encoding: 'utf8' });
  t.equal(result.status, 1);
  t.match(result.stderr, /^--matrix: the results, --results .*none, are missing/);
  t.notOk(existsSync(file));
});

t.test(
  'npm pack in a clone says how packages are made',
  { skip: npm.status !== 0 && 'npm is not in PATH' },
  async (t) => {
    const args = [
      'pack',
      '--dry-run',
      '--offline',
      '--ignore-scripts=false',
      '--foreground-scripts',
      '--no-update-notifier',
    ];
    const result = spawnSync('npm', args, { cwd: project, encoding: 'utf8' });
    t.not(result.status, 0);
    t.match(result.stdout + result.stderr, /npm run pack makes the packages/);
    const { private: isPrivate } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
      private?: boolean;
    };
    t.ok(isPrivate, 'and npm publish is refused');
  },
);
