import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { execute, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const onNode = execute([runtime, '--version']).stdout.includes('Node.js');

t.test('by absolute path, from any directory, with an empty environment', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  for (const cwd of ['/', '/proc/self', box.directory()]) {
    const result = execute(['env', '-i', runtime, '--root', box.root, 'state', id], { cwd });
    t.equal(result.status, 0, `${cwd}: ${result.stderr}`);
    t.equal(result.stderr, '');
    t.equal(JSON.parse(result.stdout).id, id);
  }
  const missing = execute(['env', '-i', runtime, '--root', box.root, 'state', 'x']);
  t.equal(missing.status, 1);
  t.match(missing.stderr, /container does not exist/);
});

t.test('through a symbolic link', { skip: skipIf() }, async (t) => {
  const link = join(box.directory(), 'runtime');
  symlinkSync(runtime, link);
  const result = execute([link, '--version'], { env: {} });
  t.equal(result.status, 0);
  t.match(result.stdout, /\bversion \d/);
});

t.test(
  'hostile settings of Node and the loader change nothing',
  { skip: skipIf(tsruncOnly('Node is a matter of tsrunc')) },
  async (t) => {
    const { id } = box.create();
    const directory = box.directory();
    mkdirSync(join(directory, 'node_modules'));
    const plain = box.call(['state', id]);
    const env = {
      NODE_OPTIONS: '--require /no/such/module --trace-warnings --inspect-brk',
      NODE_PATH: directory,
      NODE_DEBUG: 'fs,module',
      NODE_EXTRA_CA_CERTS: '/no/such/file',
      NODE_V8_COVERAGE: directory,
      NODE_PENDING_DEPRECATION: '1',
      NODE_REPL_EXTERNAL_MODULE: '/no/such',
      UV_THREADPOOL_SIZE: 'many',
      FORCE_COLOR: '3',
    };
    const result = box.call(['state', id], { env, cwd: directory });
    t.equal(result.status, 0, result.stderr);
    t.equal(result.stderr, '');
    t.equal(result.stdout, plain.stdout);
  },
);

t.test('no command writes more than it is documented to', { skip: skipIf() }, async (t) => {
  const bundle = box.bundle((config) => (config.process.args = ['sleep', '1000']));
  const id = box.id('quiet');
  for (const args of [
    ['create', '--bundle', bundle, id],
    ['start', id],
    ['kill', id, 'KILL'],
  ]) {
    const result = box.call(args);
    t.same([result.status, result.stdout, result.stderr], [0, '', ''], args.join(' '));
  }
  box.waitStopped(id);
  const deleted = box.call(['delete', id]);
  t.same([deleted.status, deleted.stdout, deleted.stderr], [0, '', ''], 'delete');
  for (const args of [['--version'], ['features'], ['list']]) {
    const result = box.call(args);
    t.equal(result.stderr, '', args.join(' '));
    t.not(result.stdout, '', args.join(' '));
  }
});

t.test(
  "the caller's limits are the container's",
  { skip: skipIf(differs({ runc: 'Go raises the soft limit of files' })) },
  async (t) => {
    const result = box.run(
      (config) => {
        config.process.args = ['cat', '/proc/self/limits'];
        delete config.process.rlimits;
      },
      { wrapper: ['prlimit', '--nofile=321:654', '--core=0:77', '--nproc=3000:4000'] },
    );
    t.match(result.stdout, /^Max open files +321 +654 /m, result.stderr);
    t.match(result.stdout, /^Max core file size +0 +77 /m);
    t.match(result.stdout, /^Max processes +3000 +4000 /m);
  },
);

t.test(
  'a small soft limit of files is enough, and is what the container gets',
  { skip: skipIf(differs({ runc: 'Go raises the soft limit of files' })) },
  async (t) => {
    const limits = { wrapper: ['prlimit', '--nofile=12:654'] };
    const hookSaid = join(box.directory(), 'hook');
    const change = (config: TestConfig) => {
      delete config.process.rlimits;
      // One that the runtime starts, one that init does while it has more.
      const hook = [{ path: '/bin/sh', args: ['sh', '-c', `ulimit -n >>${hookSaid}`] }];
      config.hooks = { createRuntime: hook, createContainer: hook };
      // Loaded before the capabilities are given up; what it forbids has to be done by then.
      config.process.noNewPrivileges = false;
      config.linux.seccomp = {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['prlimit64', 'setrlimit'], action: 'SCMP_ACT_ERRNO' }],
      };
      config.process.args = ['sh', '-c', 'cat /proc/self/limits; exec sleep 1000'];
    };
    const said = box.sh(
      'cat /proc/self/limits',
      (config) => {
        const { args } = config.process;
        change(config);
        config.process.args = args;
      },
      limits,
    );
    t.match(said.stdout, /^Max open files +12 +654 /m, said.stderr);
    t.equal(readFileSync(hookSaid, 'utf8'), '12\n12\n');
    const { id } = box.started(change);
    const exec = box.call(['exec', id, 'cat', '/proc/self/limits'], limits);
    t.match(exec.stdout, /^Max open files +12 +654 /m, exec.stderr);
    for (const command of [['state', id], ['list'], ['ps', id], ['kill', id, 'KILL']])
      t.equal(box.call(command, limits).status, 0, command.join(' '));
  },
);

t.test(
  'where the hard limit of files is too small, the error says so',
  { skip: skipIf(tsruncOnly('its own text'), onNode && 'Node itself fails') },
  async (t) => {
    const { id } = box.started();
    const result = box.call(['exec', id, 'true'], { wrapper: ['prlimit', '--nofile=6:6'] });
    t.equal(result.status, 255);
    t.match(
      result.stderr,
      /state.json: too many open files; the hard limit of open files \(RLIMIT_NOFILE\) is 6: raise it$/m,
    );
    t.notMatch(result.stderr, /damaged|--force/);
  },
);

t.test(
  'where the limit of the process is too small for a hook in the container, the error says which one',
  { skip: skipIf(tsruncOnly('its own text')) },
  async (t) => {
    const result = box.run((config) => {
      config.process.rlimits = [{ type: 'RLIMIT_NOFILE', soft: 5, hard: 5 }];
      config.hooks = { startContainer: [{ path: '/bin/true' }] };
    });
    t.equal(result.status, 1);
    t.match(result.stderr, /too many open files; it takes more open files: raise RLIMIT_NOFILE in process.rlimits/);
  },
);

t.test('closed standard streams do no harm', { skip: skipIf() }, async (t) => {
  const { id } = box.create();
  const result = execute(['sh', '-c', 'exec "$@" <&- 2>&-', 'sh', runtime, '--root', box.root, 'state', id]);
  t.equal(JSON.parse(result.stdout).id, id);
  t.equal(execute(['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh', runtime, '--root', box.root, 'start', id]).status, 0);
});

t.test('output to a full device is an error', { skip: skipIf() }, async (t) => {
  const into = (file: string) => execute(['sh', '-c', `exec "$@" > ${file}`, 'sh', runtime, 'features']);
  t.equal(into('/dev/null').status, 0);
  const result = into('/dev/full');
  if (kindIs('tsrunc')) {
    t.equal(result.status, 1);
    t.match(result.stderr, /no space left on device/);
  }
  t.notMatch(result.stderr, /at .*\.js/, 'no stack trace');
});

t.test(
  'the init process is not a file of the host',
  { skip: skipIf(tsruncOnly('runc has its own way')) },
  async (t) => {
    const { id } = box.create();
    const { pid } = box.state(id);
    t.match(execute(['readlink', `/proc/${pid}/exe`]).stdout, /memfd:.*\(deleted\)/);
    t.equal(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Threads:\t(\d+)$/m)?.[1], '1');
  },
);

box.end(t);
