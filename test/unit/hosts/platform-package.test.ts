/** What is found, and said where nothing is, in a node_modules as npm makes it; the module runs from there in a Node.js of its own. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { version } from '../../../src/base/generated/build-info.js';
import { executablePath } from '../../../src/hosts/node/platform-package.js';
import { project } from '../../helpers/runtime.js';

const modules = ['base/error.js', 'base/generated/build-info.js', 'hosts/node/platform-package.js'];

/** node_modules with the modules of tsrunc that are needed, and the platform packages in `packages`, each with its version. */
function installed(directory: string, packages: Record<string, string>): string {
  const tsrunc = join(directory, 'node_modules/tsrunc');
  for (const name of modules) {
    cpSync(join(project, 'build/test/src', name), join(tsrunc, 'dist', name));
  }
  writeFileSync(join(tsrunc, 'package.json'), JSON.stringify({ name: 'tsrunc', version, type: 'module' }));
  for (const [name, its] of Object.entries(packages)) {
    mkdirSync(join(directory, 'node_modules', name), { recursive: true });
    writeFileSync(join(directory, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: its }));
  }
  return tsrunc;
}

/** What executablePath returns in that node_modules, or the message that it throws, on a machine of this kind. */
function answer(tsrunc: string, platform = 'linux', architecture = 'x64'): string {
  const program = `
    Object.defineProperty(process, 'platform', { value: '${platform}' });
    Object.defineProperty(process, 'arch', { value: '${architecture}' });
    const { executablePath } = await import('${tsrunc}/dist/hosts/node/platform-package.js');
    try { console.log(executablePath()); } catch (error) { console.log(error.code + ': ' + error.message); }`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout.trim();
}

t.test('the package of the architecture is used, wherever node_modules has it', async (t) => {
  const both = installed(t.testdir(), { 'tsrunc-linux-x64': version, 'tsrunc-linux-arm64': version });
  t.match(answer(both), /\/node_modules\/tsrunc-linux-x64\/bin\/tsrunc$/);
  t.match(answer(both, 'linux', 'arm64'), /\/node_modules\/tsrunc-linux-arm64\/bin\/tsrunc$/);
});

t.test('what is missing is named, and what gets it', async (t) => {
  t.match(
    answer(installed(t.testdir(), {})),
    new RegExp(`^unsupported: the package tsrunc-linux-x64 is missing, .*\`npm install tsrunc-linux-x64@${version}\``),
  );
});

t.test('node_modules of another machine are told from none', async (t) => {
  const tsrunc = installed(t.testdir(), { 'tsrunc-linux-x64': version });
  t.match(answer(tsrunc, 'linux', 'arm64'), /tsrunc-linux-arm64 is missing, .* There is tsrunc-linux-x64 instead/);
});

t.test('a package of another version is not used', async (t) => {
  t.match(
    answer(installed(t.testdir(), { 'tsrunc-linux-x64': '0.0.1' })),
    /^unsupported: the package tsrunc-linux-x64 is version 0\.0\.1, and tsrunc \d/,
  );
});

t.test('a machine that there is no package for', async (t) => {
  const tsrunc = installed(t.testdir(), { 'tsrunc-linux-x64': version });
  t.match(
    answer(tsrunc, 'linux', 'riscv64'),
    /no package of tsrunc for the architecture riscv64, only tsrunc-linux-x64 and/,
  );
  t.match(answer(tsrunc, 'darwin'), /^unsupported: tsrunc runs on Linux, not on darwin$/);
});

t.test('in a clone it is what the build made', async (t) => {
  t.equal(executablePath(), join(project, 'bin/tsrunc'));
});
