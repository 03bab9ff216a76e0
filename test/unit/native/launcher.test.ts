import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';

const top = resolve(import.meta.dirname, '../../../../..');
const launcher = join(top, 'bin/tsrunc-node');
const skip = !existsSync(launcher) && 'npm run build first';

/** A copy of the launcher with a script of ours in the place of the bundle, which prints what `expression` gives. */
function launch(t: Tap, expression: string, wrap: (command: string) => string = (command) => command, env = {}) {
  const directory = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'tsrunc-launcher-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(`${directory}/bin`);
  mkdirSync(`${directory}/build/Release`, { recursive: true });
  copyFileSync(launcher, `${directory}/bin/tsrunc`);
  writeFileSync(`${directory}/build/Release/tsrunc.cjs`, `require('fs').writeSync(1, JSON.stringify(${expression}));`);
  symlinkSync(`${directory}/bin/tsrunc`, `${directory}/link`);
  const { stdout, stderr, status } = spawnSync('/bin/bash', ['--norc', '-c', wrap(`exec ${directory}/link a --b`)], {
    encoding: 'utf8',
    env,
    cwd: '/',
  });
  t.same([status, stderr], [0, '']);
  return JSON.parse(stdout);
}
type Tap = { teardown(handler: () => void): void; same(found: unknown, wanted: unknown): unknown };

t.test('runs from anywhere with an empty environment and no PATH', { skip }, async (t) => {
  const { status, stdout, stderr } = spawnSync(launcher, ['--version'], { env: {}, cwd: '/', encoding: 'utf8' });
  t.match(stdout, /^tsrunc version \d/);
  t.same([status, stderr], [0, '']);
});

t.test('finds the command among words that name several, or none', { skip }, async (t) => {
  const root = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'tsrunc-launcher-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(launcher, ['--root', root, ...words], { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };
  for (const id of ['create', 'web'])
    t.match(run('state', id), { status: 1, said: `container "${id}": container does not exist` });
  t.match(run('--log', '/dev/null', 'kill', 'exec', 'KILL'), { status: 1, said: 'container "exec"' });
  t.match(run('help', 'run'), { status: 0, said: /^tsrunc run / });
  t.match(run('--version'), { status: 0, said: /^tsrunc version/ });
  t.match(run('nonsense'), { status: 1, said: 'unknown command "nonsense"' });
  t.match(run(), { status: 0, said: /^tsrunc / });
});

t.test('obeys no variable of Node or the loader', { skip }, async (t) => {
  const env = {
    NODE_OPTIONS: '--require /nowhere --inspect',
    NODE_DEBUG: '*',
    NODE_PATH: '/nowhere',
    NODE_EXTRA_CA_CERTS: '/nowhere',
    NODE_PENDING_DEPRECATION: '1',
    LD_PRELOAD: '/nowhere.so',
    LD_LIBRARY_PATH: '/nowhere',
    SSL_CERT_FILE: '/nowhere',
    UV_THREADPOOL_SIZE: 'x',
  };
  const { status, stdout, stderr } = spawnSync(launcher, ['--version'], { env, cwd: '/', encoding: 'utf8' });
  t.match(stdout, /^tsrunc version \d/);
  t.same([status, stderr], [0, '']);
});

t.test('keeps arguments, and the environment with what Node would obey under other names', { skip }, async (t) => {
  const env = { PATH: '/p', LISTEN_FDS: '0', XDG_RUNTIME_DIR: '/x', NODE_OPTIONS: '--inspect', LANG: 'C', FOO: 'bar' };
  const found = launch(t, '[process.argv.slice(2), process.env]', undefined, env);
  t.same(found[0], ['a', '--b']);
  const { NODE_OPTIONS, ...others } = env;
  t.match(found[1], { ...others, TSRUNC_CALLER_NODE_OPTIONS: NODE_OPTIONS });
  t.notOk('NODE_OPTIONS' in found[1]);
});

t.test('notes RLIMIT_NOFILE, blocked signals and open descriptors', { skip }, async (t) => {
  const prepare = (command: string): string =>
    `ulimit -Sn 123; ulimit -Hn 500; exec 7</etc/passwd 12</etc/passwd; ${command}`;
  const [soft, hard, mask, fds] = launch(t, 'process.env.TSRUNC_CALLER.split(" ")', prepare);
  t.same([soft, hard, mask], ['123', '500', '0']);
  // The shell may have one of its own.
  t.same(fds.split(',').slice(0, 2), ['7', '12']);
});

t.test('closed standard streams are /dev/null', { skip }, async (t) => {
  const expression = '[0, 1, 2].map((fd) => require("fs").readlinkSync("/proc/self/fd/" + fd))';
  const found = launch(t, expression, (command) => `exec 0<&- 2>&-; ${command}`);
  t.same([found[0], found[2]], ['/dev/null', '/dev/null']);
});

t.test('says so when it was not built', { skip }, async (t) => {
  const directory = mkdtempSync(join(process.env.TMPDIR ?? '/tmp', 'tsrunc-launcher-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  mkdirSync(`${directory}/bin`);
  copyFileSync(launcher, `${directory}/bin/tsrunc`);
  const { status, stdout, stderr } = spawnSync(`${directory}/bin/tsrunc`, ['state', 'x'], {
    env: {},
    encoding: 'utf8',
  });
  t.same([status, stdout], [1, '']);
  t.equal(stderr, `tsrunc: not built: no ${directory}/build/Release/tsrunc.cjs\n`);
});
