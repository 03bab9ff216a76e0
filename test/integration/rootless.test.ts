import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { execute, plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, kindIs, needsFile, skipIf } from '../helpers/when.js';

const box = new Sandbox(t);
const uid = 12345;
const wrapper = [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${uid}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--bounding-set=-all',
  '--',
];

/** The executable where another user can get at it: the project may lie below a directory that only root may enter. */
function reachable(): string {
  if (execute(['test', '-x', runtime], { wrapper }).status === 0) return runtime;
  const copy = box.directory('tsrunc');
  for (const path of ['bin', 'build/Release']) {
    if (existsSync(join(dirname(dirname(runtime)), path)))
      cpSync(join(dirname(dirname(runtime)), path), join(copy, path), { recursive: true });
  }
  return join(copy, 'bin/tsrunc');
}

/**
 * What the wrapper is for a user with ranges of ids: a mount namespace in which /etc/passwd, /etc/subuid and /etc/subgid have the
 * user, and the right to gain privileges by newuidmap.
 */
function withRanges(): string[] {
  const directory = box.directory('etc');
  writeFileSync(join(directory, 'passwd'), `${readFileSync('/etc/passwd', 'utf8')}ranger:x:${uid}:${uid}::/:/bin/sh\n`);
  for (const name of ['subuid', 'subgid']) writeFileSync(join(directory, name), 'ranger:300000:65536\n');
  const script = `for one in passwd subuid subgid; do mount --bind "$0/$one" /etc/$one || exit 9; done; exec "$@"`;
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all', '--'];
  return ['unshare', '--mount', 'sh', '-c', script, directory, ...user];
}

const needsMapper = () =>
  execute(['sh', '-c', 'command -v newuidmap && test -e /etc/subuid && test -e /etc/subgid']).status === 0
    ? false
    : 'needs newuidmap, of the package uidmap';

function setUp({ runAs = wrapper, env = {} as Record<string, string | undefined> } = {}) {
  const home = box.directory('user');
  const runtimeDir = join(home, 'run');
  mkdirSync(runtimeDir);
  const bundle = box.bundle();
  for (const path of [home, runtimeDir, bundle, join(bundle, 'rootfs')]) chownSync(path, uid, uid);
  chmodSync(runtimeDir, 0o700);
  const executable = reachable();
  const call = (...args: string[]) =>
    execute([executable, ...args], {
      wrapper: runAs,
      env: { ...plainEnv, XDG_RUNTIME_DIR: runtimeDir, HOME: home, ...env },
      cwd: bundle,
    });
  /** Has `spec` write the configuration, and changes it. */
  const configure = (change: (config: TestConfig) => void, ...flags: string[]) => {
    execute(['rm', '-f', join(bundle, 'config.json')]);
    const spec = call('spec', ...flags);
    if (spec.status !== 0) throw new Error(spec.stderr);
    const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as TestConfig;
    change(config);
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  };
  return { home, bundle, runtimeDir, call, configure };
}

t.test('spec --rootless, run', { skip: skipIf(needsFile('/proc/self/ns/user')) }, async (t) => {
  const { bundle, runtimeDir, call } = setUp();
  execute(['rm', join(bundle, 'config.json')]);
  const spec = call('spec', '--rootless');
  t.equal(spec.status, 0, spec.stderr);
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  t.same(config.linux.uidMappings, [{ containerID: 0, hostID: uid, size: 1 }]);
  t.same(config.linux.gidMappings, [{ containerID: 0, hostID: uid, size: 1 }]);
  t.notOk(config.linux.namespaces.some((one: { type: string }) => one.type === 'network'));
  config.process.terminal = false;
  config.process.args = ['sh', '-c', 'id -u; cat /proc/self/uid_map; hostname'];
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const run = call('run', 'rootless');
  t.equal(run.status, 0, run.stderr);
  const [id, map, name] = run.stdout.trim().split('\n');
  t.equal(id, '0');
  t.same(map?.trim().split(/\s+/), ['0', String(uid), '1']);
  t.ok(name);
  t.ok(existsSync(join(runtimeDir, kindIs('runc') ? 'runc' : 'tsrunc')), 'the state is below XDG_RUNTIME_DIR');
});

t.test('create, start, exec, kill, delete', { skip: skipIf() }, async (t) => {
  const { bundle, call } = setUp();
  execute(['rm', join(bundle, 'config.json')]);
  call('spec', '--rootless');
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
  config.process.terminal = false;
  config.process.args = ['sleep', '1000'];
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const created = call('create', 'c');
  t.equal(created.status, 0, created.stderr);
  t.equal(call('start', 'c').status, 0);
  t.equal(call('exec', 'c', 'id', '-u').stdout, '0\n');
  const { pid } = JSON.parse(call('state', 'c').stdout);
  t.match(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`^Uid:\t${uid}`, 'm'));
  t.equal(call('kill', 'c', 'KILL').status, 0);
  execute(['tail', `--pid=${pid}`, '-s', '0.01', '-f', '/dev/null']);
  const deleted = call('delete', 'c');
  t.equal(deleted.status, 0, deleted.stderr);
});

t.test(
  'limits without a delegated cgroup are an error that names them',
  { skip: skipIf(differs({ runc: 'other words' })) },
  async (t) => {
    const { bundle, call } = setUp();
    execute(['rm', join(bundle, 'config.json')]);
    call('spec', '--rootless');
    const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    config.process.terminal = false;
    config.process.args = ['true'];
    config.linux.resources = { pids: { limit: 10 } };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const result = call('run', 'limited');
    t.equal(result.status, 1);
    t.match(result.stderr, /linux\/resources/);
    t.equal(call('list', '-q').stdout, '');
  },
);

t.test(
  'several ids without newuidmap, or ids that are not ours',
  { skip: skipIf(differs({ runc: 'other words' })) },
  async (t) => {
    const { bundle, call } = setUp();
    execute(['rm', join(bundle, 'config.json')]);
    call('spec', '--rootless');
    const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    config.process.terminal = false;
    config.process.args = ['true'];
    config.linux.uidMappings = [{ containerID: 0, hostID: 0, size: 1 }];
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const result = call('run', 'foreign');
    t.equal(result.status, 1);
    t.match(result.stderr, /[ug]idMappings|[ug]id_map|new[ug]idmap/);
  },
);

const onlyHere = skipIf(differs({ runc: 'has nothing like it', crun: 'has nothing like it' }));

t.test('spec without root runs as it is', { skip: onlyHere }, async (t) => {
  const { bundle, call } = setUp();
  execute(['rm', join(bundle, 'config.json')]);
  t.equal(call('spec', '--no-terminal', '--', 'sh', '-c', 'id -u; hostname').stderr, '');
  const run = call('run', 'plain');
  t.equal(run.stdout, '0\ntsrunc\n', run.stderr);
});

t.test('with ranges of ids: all of them are mapped', { skip: onlyHere || needsMapper() }, async (t) => {
  const { bundle, call } = setUp({ runAs: withRanges() });
  execute(['rm', join(bundle, 'config.json')]);
  t.equal(call('spec', '--no-terminal', '--', 'sh', '-c', 'cat /proc/self/uid_map /proc/self/gid_map').stderr, '');
  const run = call('run', 'ranges');
  const map = [
    ['0', String(uid), '1'],
    ['1', '300000', '65536'],
  ];
  t.same(
    run.stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/)),
    [...map, ...map],
    run.stderr,
  );
});

t.test('a configuration for root names the namespaces and the remedy', { skip: onlyHere }, async (t) => {
  const { call, configure } = setUp();
  configure((config) => {
    config.process.terminal = false;
    config.process.args = ['true'];
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'user');
    for (const name of ['uidMappings', 'gidMappings'] as const) delete config.linux[name];
  });
  const { status, stderr } = call('run', 'rootful');
  t.equal(status, 1);
  t.match(
    stderr,
    /config\.json:\d+:\d+: \/linux\/namespaces: only root makes these without a user namespace: clone3: operation not permitted; "tsrunc spec"/,
  );
  t.equal(call('list', '-q').stdout, '', 'nothing is left');
});

t.test('limits without a delegated cgroup name what delegates', { skip: onlyHere }, async (t) => {
  const { call, configure } = setUp();
  configure((config) => {
    config.process.terminal = false;
    config.linux.resources = { pids: { limit: 10 } };
  });
  t.match(
    call('run', 'limited').stderr,
    /\/linux\/resources\/pids\/limit: .* delegated to this user; .*(systemd-run --user --scope|chown)/,
  );
});

t.test(
  'without XDG_RUNTIME_DIR the state is below /tmp, if nobody else has that place',
  { skip: onlyHere },
  async (t) => {
    const place = `/tmp/tsrunc-${uid}`;
    const clear = () => execute(['rm', '-rf', place]);
    t.teardown(clear);
    clear();
    const { home, call, configure } = setUp({ env: { XDG_RUNTIME_DIR: undefined } });
    configure((config) => {
      config.process.terminal = false;
      config.process.args = ['true'];
    });
    t.notOk(existsSync(place), 'spec needs none');
    t.equal(call('run', '--keep', 'kept').status, 0);
    t.equal(call('list', '-q').stdout, 'kept\n');
    t.match(statSync(place), { uid, mode: 0o41700 });
    t.equal(call('delete', 'kept').status, 0);
    clear();
    symlinkSync(home, place);
    for (const args of [['run', 'trapped'], ['list'], ['state', 'trapped'], ['delete', '--force', 'trapped']]) {
      const { status, stderr } = call(...args);
      t.equal(status, 1, args[0] ?? '');
      t.match(stderr, /not \/tmp\/tsrunc-12345, as it is a symbolic link; name one by --root/);
    }
    clear();
    mkdirSync(place, { mode: 0o700 });
    t.match(call('list').stderr, /as it belongs to user 0/);
    chownSync(place, uid, uid);
    t.equal(call('list').stderr, '');
    chmodSync(place, 0o770);
    t.match(call('list').stderr, /its mode is 770/);
  },
);

t.test(
  'a root file system that can not be entered is blamed itself',
  { skip: onlyHere || needsMapper() },
  async (t) => {
    const { bundle, call, configure } = setUp({ runAs: withRanges() });
    const program = (config: TestConfig) => {
      config.process.terminal = false;
      config.process.args = ['true'];
    };
    const closed = box.directory('closed');
    mkdirSync(join(closed, 'rootfs'));
    chmodSync(closed, 0o700);
    configure((config) => {
      program(config);
      config.root.path = join(closed, 'rootfs');
    });
    t.match(
      call('run', 'a').stderr,
      new RegExp(`/root/path: root file system ${closed}/rootfs: permission denied: ${closed} can't be entered`),
    );
    configure((config) => {
      program(config);
      config.root.path = closed;
    });
    t.match(call('run', 'b').stderr, /\/root\/path: open-root: .*permission denied/);
    chmodSync(join(bundle, 'rootfs'), 0o700);
    configure((config) => {
      program(config);
      config.process.user = { uid: 1000, gid: 1000 };
    });
    const inside = call('run', 'c').stderr;
    t.match(
      inside,
      /\/root\/path: .*permission denied; the root directory can't be entered by the user of the process/,
    );
    t.notMatch(inside, /process\/args/);
  },
);

t.test('ps without a cgroup goes by the pid namespace', { skip: onlyHere }, async (t) => {
  const { call, configure } = setUp();
  const fifo = box.fifo();
  configure((config) => {
    config.process.terminal = false;
    config.mounts.push({ destination: '/mnt', source: fifo.directory, options: ['bind'] });
    // A process of a pid namespace below belongs to it as well.
    const nested = 'unshare -p -f sh -c "echo > /mnt/fifo; exec sleep 1001"';
    config.process.args = ['sh', '-c', `sleep 1002 & ${nested} & wait`];
    const capabilities = ['CAP_SYS_ADMIN'];
    config.process.capabilities = { bounding: capabilities, effective: capabilities, permitted: capabilities };
  });
  t.equal(call('--cgroup-manager', 'disabled', 'create', 'p').status, 0);
  t.match(call('ps', 'p').stdout, /tsrunc:\[created\] waits for start/);
  t.equal(call('start', 'p').status, 0);
  fifo.read();
  const pids = JSON.parse(call('ps', '--format', 'json', 'p').stdout) as number[];
  const commands = pids.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
  t.match(commands[0], /^sh -c/);
  t.equal(pids[0], JSON.parse(call('state', 'p').stdout).pid);
  t.ok(pids.length >= 4, commands.join(', '));
  t.ok(
    pids.every((pid) => readFileSync(`/proc/${pid}/status`, 'utf8').includes(`Uid:\t${uid}`)),
    'no process of others',
  );
  t.equal(call('delete', '--force', 'p').status, 0);
});

box.end(t);
