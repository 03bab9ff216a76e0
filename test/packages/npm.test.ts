/** The npm packages, installed as whoever uses them does it: by npm, into an empty directory, on each version of Node.js. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t, { type Test } from 'tap';
import { npmRegistry, type Registry } from '../helpers/npm-registry.js';
import { architectures, manifest, noPackages, npmManifest, npmTarball, version } from '../helpers/packages.js';
import { project } from '../helpers/runtime.js';

const { nodeVersion } = (await import(`${project}/scripts/node-version.mjs`)) as {
  nodeVersion(major: number): string;
};

const nobody = 65534;
const isRoot = process.getuid?.() === 0;
const ours = `tsrunc-linux-${process.arch}`;
const npmProgram = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim();
const skip = noPackages || (npmProgram === '' && 'npm is not in PATH');

/** Programs that an installation may use: neither a compiler nor Python is among them. */
const programs = ['sh', 'readlink', 'uname'];

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Puts a program where every user reaches it. */
function place(program: string, path: string): void {
  try {
    linkSync(program, path);
  } catch {
    copyFileSync(program, path);
  }
}

/** An empty directory with one Node.js in its PATH and the registry as npm's; commands run in it as a user who is not root. */
class Place {
  readonly directory: string;
  readonly #env: Record<string, string>;

  constructor(t: Test, node: string, registry: Registry) {
    // Not in the clone: that may be where this user can't go.
    const directory = mkdtempSync(`/tmp/tsrunc-test-npm-${process.pid}-`);
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    this.directory = directory;
    const bin = join(directory, 'programs');
    mkdirSync(bin);
    place(node, join(bin, 'node'));
    for (const name of ['tsrunc', ours]) copyFileSync(npmTarball(name), join(directory, `${name}.tgz`));
    for (const name of programs) {
      symlinkSync(
        ['/bin', '/usr/bin'].map((path) => join(path, name)).find((path) => existsSync(path))!,
        join(bin, name),
      );
    }
    const app = join(directory, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{"name":"app","type":"module"}');
    chmodSync(directory, 0o755);
    if (isRoot) for (const path of [directory, app, join(app, 'package.json')]) chownSync(path, nobody, nobody);
    this.#env = {
      ...{ PATH: bin, HOME: directory, npm_config_registry: registry.url, npm_config_cache: join(directory, 'cache') },
      ...{ npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' },
    };
  }

  /** Runs a command to its end; not synchronously, as the registry is in this process. */
  run(command: string, ...args: string[]): Promise<Result> {
    const user = isRoot ? { uid: nobody, gid: nobody } : {};
    const child = spawn(command, args, { cwd: join(this.directory, 'app'), env: this.#env, ...user });
    const result: Result = { status: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      result.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      result.stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve({ ...result, status }));
    });
  }

  node = (...args: string[]): Promise<Result> => this.run(join(this.directory, 'programs/node'), ...args);

  /** npm itself, or npx, on this Node.js. */
  npm = (...args: string[]): Promise<Result> =>
    this.node(join(dirname(realpathSync(npmProgram)), 'npm-cli.js'), ...args);
  npx = (...args: string[]): Promise<Result> =>
    this.node(join(dirname(realpathSync(npmProgram)), 'npx-cli.js'), ...args);
}

/** Tarballs of the packages that the library needs, of those in node_modules. */
function dependencyTarballs(directory: string): string[] {
  const { dependencies = {} } = npmManifest(npmTarball('tsrunc')) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).map((name) => {
    const path = join(directory, `${name.replace('/', '-')}.tgz`);
    const args = ['-czf', path, '-C', join(project, 'node_modules'), `--transform=s,^${name},package,`, name];
    const { status, stderr } = spawnSync('tar', args, { encoding: 'utf8', env: { ...process.env, GZIP: '-1' } });
    if (status !== 0) throw new Error(stderr);
    return path;
  });
}

const program = `
  import * as tsrunc from 'tsrunc';
  if (typeof tsrunc.exampleSpec !== 'function') throw new Error('no exampleSpec');
  console.log(tsrunc.exampleSpec().ociVersion);`;

/** The addon and the executable are found from the package, and the addon is loaded. */
const native = `
  import { loadAddon } from './node_modules/tsrunc/dist/hosts/node/addon.js';
  import { executablePath } from './node_modules/tsrunc/dist/hosts/node/platform-package.js';
  console.log(loadAddon().seccompVersion().length, executablePath());`;

t.test('the packages', { skip }, async (t) => {
  const tarballs = t.testdir();
  const own = ['tsrunc', ...architectures.map((arch) => `tsrunc-linux-${arch}`)].map(npmTarball);
  const registry = await npmRegistry([...own, ...dependencyTarballs(tarballs)]);
  t.teardown(() => registry.close());

  for (const major of [20, 22, 24]) {
    let node = '';
    let reason = '';
    try {
      node = nodeVersion(major);
    } catch (error) {
      reason = (error as Error).message;
    }
    await t.test(`on Node.js ${major}`, { skip: reason }, async (t) => {
      const place = new Place(t, node, registry);
      const started = Date.now();
      const installed = await place.npm('install', '../tsrunc.tgz', `../${ours}.tgz`);
      t.equal(installed.status, 0, installed.stderr);
      const size = spawnSync('du', ['-sk', join(place.directory, 'app/node_modules')], { encoding: 'utf8' }).stdout;
      t.comment(`npm install took ${Date.now() - started} ms; node_modules has ${size.split('\t')[0]} KiB`);

      const said = await place.npx('tsrunc', '--version');
      t.equal(said.status, 0, said.stderr);
      t.match(said.stdout, new RegExp(`^tsrunc version ${version}\\n`));
      t.match(said.stdout, /^host: quickjs$/m, 'it is the static executable');
      t.equal(said.stderr, '');

      const library = await place.node('--input-type=module', '-e', program);
      t.equal(library.status, 0, library.stderr);
      t.match(library.stdout, /^1\.\d+\.\d+\n$/);

      const path = join(realpathSync(place.directory), 'app/node_modules', ours, 'bin/tsrunc');
      const compiled = await place.node('--input-type=module', '-e', native);
      t.equal(compiled.status, 0, compiled.stderr);
      t.equal(compiled.stdout, `3 ${path}\n`);

      // As Yarn runs it.
      const launcher = await place.node('node_modules/tsrunc/bin/tsrunc.mjs', 'nonsense');
      t.match(launcher, { status: 1, stdout: '', stderr: /^unknown command "nonsense"/ });
      const ended = 'node_modules/tsrunc/bin/tsrunc.mjs --version >/dev/full; echo $?';
      t.match((await place.run('/bin/sh', '-c', `node ${ended}`)).stdout, /^[1-9]/);
    });
  }

  await t.test('by name, npm takes what fits the machine, and nothing of it runs while it is installed', async (t) => {
    const place = new Place(t, process.execPath, registry);
    const installed = await place.npm('install', 'tsrunc', '--ignore-scripts=false', '--foreground-scripts');
    t.equal(installed.status, 0, installed.stderr);
    t.notMatch(installed.stdout, />/, 'no script was run');
    const modules = join(place.directory, 'app/node_modules');
    for (const arch of ['x64', 'arm64']) {
      t.equal(existsSync(join(modules, `tsrunc-linux-${arch}`)), arch === process.arch, arch);
    }
    t.equal((await place.npx('tsrunc', '--version')).status, 0);

    renameSync(join(modules, ours), join(modules, 'away'));
    const missing = await place.npx('tsrunc', '--version');
    t.equal(missing.status, 1);
    t.match(missing.stderr, `tsrunc: the package ${ours} is missing`);
    t.match(missing.stderr, `npm install ${ours}@${version}`);
    t.equal((await place.node('--input-type=module', '-e', program)).status, 0, 'the library needs no such package');
  });

  await t.test('without optional dependencies, what is missing is said', async (t) => {
    const place = new Place(t, process.execPath, registry);
    t.equal((await place.npm('install', 'tsrunc', '--omit=optional')).status, 0);
    const missing = await place.npx('tsrunc', '--version');
    t.match(missing, { status: 1, stderr: `the package ${ours} is missing, which has tsrunc's executable` });
    const compiled = await place.node('--input-type=module', '-e', native);
    t.match(compiled.stderr, `the package ${ours} is missing`);
  });
});

t.test('the program of the package changes nothing of what it starts', { skip }, async (t) => {
  const directory = t.testdir();
  for (const name of ['tsrunc', ours]) {
    mkdirSync(join(directory, name));
    spawnSync('tar', ['-xf', npmTarball(name), '-C', join(directory, name), '--strip-components=1']);
  }
  // In the executable's place a script that says what it was given.
  writeFileSync(
    join(directory, ours, 'bin/tsrunc'),
    '#!/bin/sh\necho "$$ $0 $# $2"; ulimit -Sn; cat <&9; [ "$1" = term ] && kill -TERM $$; exit 7\n',
    { mode: 0o755 },
  );
  symlinkSync('../tsrunc/bin/tsrunc.mjs', join(directory, 'link'));
  mkdirSync(join(directory, 'bin'));
  symlinkSync('../tsrunc/bin/tsrunc.mjs', join(directory, 'bin/tsrunc'));
  const script = `ulimit -Sn 300; echo kept > ${directory}/kept; exec 9<${directory}/kept; echo $$; exec ${directory}/bin/tsrunc`;
  const called = spawnSync('sh', ['-c', `${script} exit 'two words'`], { encoding: 'utf8' });
  const [pid, ...lines] = called.stdout.split('\n');
  t.equal(called.status, 7);
  t.same(lines, [`${pid} ${directory}/${ours}/bin/tsrunc 2 two words`, '300', 'kept', '']);
  t.equal(spawnSync('sh', ['-c', `${script} term`]).signal, 'SIGTERM');
});

t.test('started by Node.js it ends as the executable ends, and passes signals on', { skip }, async (t) => {
  const directory = t.testdir();
  for (const name of ['tsrunc', ours]) {
    mkdirSync(join(directory, 'node_modules', name), { recursive: true });
    spawnSync('tar', ['-xf', npmTarball(name), '-C', join(directory, 'node_modules', name), '--strip-components=1']);
  }
  const modules = join(directory, 'node_modules');
  writeFileSync(
    join(modules, ours, 'bin/tsrunc'),
    '#!/bin/sh\ntrap "echo got TERM; exit 5" TERM\ncase $1 in wait) echo ready; sleep 20 & wait ;; die) kill -KILL $$ ;; esac\nexit 7\n',
    { mode: 0o755 },
  );
  const launcher = join(modules, 'tsrunc/bin/tsrunc.mjs');
  t.equal(spawnSync(process.execPath, [launcher]).status, 7);
  t.equal(spawnSync(process.execPath, [launcher, 'die']).signal, 'SIGKILL');
  const child = spawn(process.execPath, [launcher, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes('ready')) child.kill('SIGTERM');
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  t.equal(status, 5);
  t.equal(output, 'ready\ngot TERM\n');
});

t.test('the package asks for what its modules import, and for nothing else', { skip }, async (t) => {
  const { dependencies = {}, ...rest } = npmManifest(npmTarball('tsrunc')) as { dependencies?: Record<string, string> };
  for (const [name, range] of Object.entries(dependencies)) t.equal(range, manifest.dependencies[name], name);
  t.notOk('devDependencies' in rest || 'scripts' in rest || 'private' in rest);
});
