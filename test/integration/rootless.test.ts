import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
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

/** The executable where another user can get at it: the project may lie below a folder that only root may enter. */
function reachable(): string {
  if (execute(['test', '-x', runtime], { wrapper }).status === 0) return runtime;
  const copy = box.directory('tsrunc');
  for (const path of ['bin', 'build/Release']) {
    if (existsSync(join(dirname(dirname(runtime)), path)))
      cpSync(join(dirname(dirname(runtime)), path), join(copy, path), { recursive: true });
  }
  return join(copy, 'bin/tsrunc');
}

function setUp() {
  const home = box.directory('user');
  const runtimeDir = join(home, 'run');
  mkdirSync(runtimeDir);
  const bundle = box.bundle();
  for (const path of [home, runtimeDir, bundle, join(bundle, 'rootfs')]) chownSync(path, uid, uid);
  chmodSync(runtimeDir, 0o700);
  const executable = reachable();
  const call = (...args: string[]) =>
    execute([executable, ...args], {
      wrapper,
      env: { ...plainEnv, XDG_RUNTIME_DIR: runtimeDir, HOME: home },
      cwd: bundle,
    });
  return { bundle, runtimeDir, call };
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

box.end(t);
