/** The systemd driver against a systemd of the tests' own, on hosts with and without a real one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { type CallOptions, plainEnv, project, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const ours = tsruncOnly('the bus is a fake one');
const mount = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find(
  (path) => existsSync(`${path}/cgroup.procs`) && existsSync(`${path}/cgroup.controllers`),
);
const noV2 = mount === undefined && 'this machine has no cgroup2 mount';
const slice = `${box.prefix}.slice`;

/** cgroup2 alone at /sys/fs/cgroup, and a directory that says that systemd runs. */
const script =
  'umount -R -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$@"';
const wrapper = ['unshare', '--mount', 'sh', '-c', script, 'sh'];

interface Fake {
  child: ChildProcess;
  options: CallOptions;
  /** Members of the calls so far, without the questions. */
  members(): string[];
  /** Arguments of the last call of a member. */
  last(member: string): unknown[];
}

async function fake(env: Record<string, string> = {}): Promise<Fake> {
  const directory = box.directory('bus');
  const socket = join(directory, 'socket');
  const log = join(directory, 'log');
  writeFileSync(log, '');
  const program = join(project, 'build/test/test/helpers/fake-systemd.js');
  const child = spawn(process.execPath, [program, socket, mount!, log], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...plainEnv, ...env },
  });
  await once(child.stdout!, 'data');
  const calls = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { member: string; body: unknown[] });
  return {
    child,
    options: { wrapper, env: { ...plainEnv, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` } },
    members: () =>
      calls()
        .map(({ member }) => member)
        .filter((member) => !['Hello', 'AddMatch', 'Get'].includes(member)),
    last: (member) => calls().findLast((call) => call.member === member)?.body ?? [],
  };
}

async function end({ child }: Fake): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}

const inSlice = (name: string) => (config: TestConfig) => {
  config.linux.cgroupsPath = `${slice}:tt:${name}`;
  config.process.args = ['sleep', '1000'];
};
const directoryOf = (name: string) => `${mount}/${slice}/tt-${name}.scope`;
const propertiesOf = (list: unknown): Record<string, unknown> =>
  Object.fromEntries((list as [string, { value: unknown }][]).map(([name, { value }]) => [name, value]));

t.test('the life of a container, on both hosts', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  for (const executable of [runtime, join(project, 'bin/tsrunc-node')]) {
    const options = { ...systemd.options, executable };
    const id = box.id('life');
    const call = (...args: string[]) => {
      const result = box.call(args, options);
      t.equal(result.status, 0, `${result.command}: ${result.stderr}`);
      t.equal(result.stderr, '');
      return result.stdout;
    };
    const bundle = box.bundle((config) => {
      inSlice(id)(config);
      config.annotations = { 'org.systemd.property.TimeoutStopSec': '7' };
    });
    call('--systemd-cgroup', 'create', '--bundle', bundle, id);
    const [unit, mode, list] = systemd.last('StartTransientUnit');
    t.same([unit, mode], [`tt-${id}.scope`, 'replace']);
    const { pid } = box.state(id);
    t.match(propertiesOf(list), {
      PIDs: [pid],
      Slice: slice,
      Delegate: true,
      DevicePolicy: 'strict',
      TimeoutStopUSec: '7000000',
    });
    t.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), new RegExp(`^0::/${slice}/tt-${id}.scope$`, 'm'));
    call('start', id);
    t.match(call('exec', id, 'cat', '/proc/self/cgroup'), new RegExp(`/tt-${id}.scope$`, 'm'));
    t.same(JSON.parse(call('ps', '--format', 'json', id)), [pid]);
    call('pause', id);
    call('resume', id);
    call('delete', '--force', id);
    t.notOk(existsSync(directoryOf(id)), 'no cgroup');
    t.same(systemd.members().slice(-3), ['StartTransientUnit', 'StopUnit', 'ResetFailedUnit']);
    t.same(systemd.last('StopUnit'), [`tt-${id}.scope`, 'replace']);
  }
});

t.test('run.oci.systemd.subgroup: the container below its unit', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const id = box.id('subgroup');
  const bundle = box.bundle((config) => {
    inSlice(id)(config);
    config.annotations = { 'run.oci.systemd.subgroup': 'payload', 'run.oci.delegate-cgroup': 'inner' };
  });
  const call = (...args: string[]) => {
    const result = box.call(args, systemd.options);
    t.equal(result.status, 0, `${result.command}: ${result.stderr}`);
    return result.stdout;
  };
  call('--systemd-cgroup', 'run', '-d', '--bundle', bundle, id);
  const { pid } = box.state(id);
  const unit = `tt-${id}.scope`;
  t.match(readFileSync(`/proc/${pid}/cgroup`, 'utf8'), new RegExp(`^0::/${slice}/${unit}/payload/inner$`, 'm'));
  t.equal(readFileSync(`${directoryOf(id)}/cgroup.procs`, 'utf8'), '', 'none is left in the unit itself');
  t.match(call('exec', id, 'cat', '/proc/self/cgroup'), new RegExp(`/${unit}/payload`, 'm'));
  call('pause', id);
  t.match(readFileSync(`${directoryOf(id)}/payload/cgroup.events`, 'utf8'), 'frozen 1');
  call('resume', id);
  call('delete', '--force', id);
  t.same(systemd.last('StopUnit'), [unit, 'replace']);
  t.notOk(existsSync(directoryOf(id)), 'no cgroup');
});

t.test('a slice as the unit', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const id = box.id('slice');
  const bundle = box.bundle((config) => {
    inSlice(id)(config);
    config.linux.cgroupsPath = `::${box.prefix}-s.slice`;
  });
  const result = box.call(['--systemd-cgroup', 'run', '-d', '--bundle', bundle, id], systemd.options);
  t.equal(result.status, 0, result.stderr);
  const properties = propertiesOf(systemd.last('StartTransientUnit')[2]);
  t.notOk('PIDs' in properties, 'a slice takes no processes from systemd');
  const where = readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8');
  t.match(where, new RegExp(`^0::/${slice}/${box.prefix}-s.slice$`, 'm'));
  t.equal(box.call(['delete', '--force', id], systemd.options).status, 0);
  t.same(systemd.last('StopUnit'), [`${box.prefix}-s.slice`, 'replace']);
});

t.test('the connection breaks while the unit is started', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake({ HANG_UP: 'StartTransientUnit' });
  t.teardown(() => end(systemd));
  const id = box.id('broken');
  const bundle = box.bundle(inSlice(id));
  const result = box.call(['--systemd-cgroup', 'run', '-d', '--bundle', bundle, id], systemd.options);
  t.equal(result.status, 0, result.stderr);
  t.same(systemd.members(), ['StartTransientUnit', 'Subscribe', 'GetUnit'], 'what was started is found again');
  t.equal(box.state(id).status, 'running');
  box.call(['delete', '--force', id], systemd.options);
  t.notOk(existsSync(directoryOf(id)));
});

t.test('killed once the unit was started: delete --force stops it', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const id = box.id('killed');
  const bundle = box.bundle((config) => {
    inSlice(id)(config);
    // Holds create up when the unit is there.
    config.hooks = { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'kill -9 $PPID'] }] };
  });
  const result = box.call(['--systemd-cgroup', 'create', '--bundle', bundle, id], systemd.options);
  t.equal(result.signal ?? result.status, 'SIGKILL');
  t.ok(existsSync(directoryOf(id)), 'the unit is there');
  const deleted = box.call(['delete', '--force', id], systemd.options);
  t.equal(deleted.status, 0, deleted.stderr);
  t.ok(systemd.members().includes('StopUnit'));
  t.notOk(existsSync(directoryOf(id)));
});

t.test('a scope of others is refused, and left alone', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const first = box.id('first');
  const second = box.id('second');
  const bundle = box.bundle(inSlice('same'));
  t.equal(box.call(['--systemd-cgroup', 'run', '-d', '--bundle', bundle, first], systemd.options).status, 0);
  const refused = box.call(['--systemd-cgroup', 'run', '-d', '--bundle', bundle, second], systemd.options);
  t.equal(refused.status, 1);
  t.match(refused.stderr, /\/linux\/cgroupsPath.*already has processes/s);
  t.equal(box.state(first).status, 'running');
  t.notOk(systemd.members().includes('StopUnit'));
  box.call(['delete', '--force', first], systemd.options);
});

t.test(
  "a unit that a state file names, and that is another's, is not stopped",
  { skip: skipIf(ours, noV2) },
  async (t) => {
    const systemd = await fake();
    t.teardown(() => end(systemd));
    const victim = box.id('victim');
    const flags = ['--systemd-cgroup', 'run', '-d', '--bundle'];
    t.equal(box.call([...flags, box.bundle(inSlice(victim)), victim], systemd.options).status, 0);
    const { cgroup } = JSON.parse(readFileSync(join(box.root, victim, 'state.json'), 'utf8'));
    const gone = { '': `${mount}/${slice}/none/tt-${victim}.scope` };
    for (const paths of [cgroup.paths, gone, {}]) {
      const id = box.id('wrong');
      t.equal(box.call([...flags, box.bundle(inSlice(id)), id], systemd.options).status, 0);
      const file = join(box.root, id, 'state.json');
      const state = JSON.parse(readFileSync(file, 'utf8'));
      writeFileSync(file, JSON.stringify({ ...state, cgroup: { ...cgroup, paths, mark: state.cgroup.mark } }));
      const deleted = box.call(['delete', '--force', id], systemd.options);
      t.equal(deleted.status, 0, deleted.stderr);
      t.equal(box.state(victim).status, 'running');
      t.notOk(systemd.members().includes('StopUnit'));
      rmdirSync(directoryOf(id));
    }
    box.call(['delete', '--force', victim], systemd.options);
  },
);

t.test('the unit of a container whose state file is damaged is stopped', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const id = box.id('damaged');
  const bundle = box.bundle(inSlice(id));
  t.equal(box.call(['--systemd-cgroup', 'run', '-d', '--bundle', bundle, id], systemd.options).status, 0);
  writeFileSync(join(box.root, id, 'state.json'), '');
  const deleted = box.call(['delete', '--force', id], systemd.options);
  t.equal(deleted.status, 0, deleted.stderr);
  t.same(systemd.last('StopUnit'), [`tt-${id}.scope`, 'replace']);
  t.notOk(existsSync(directoryOf(id)));
});

t.test('a wrong cgroupsPath, and a machine without systemd', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const bundle = box.bundle((config) => (config.linux.cgroupsPath = '/a/b'));
  const wrong = box.call(['--systemd-cgroup', 'create', '--bundle', bundle, box.id()], systemd.options);
  t.match(
    wrong.stderr,
    /config\.json:\d+:\d+: \/linux\/cgroupsPath: expected cgroupsPath to be of format "slice:prefix:name"/,
  );
  const without = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run && exec "$@"', 'sh'];
  for (const flag of [
    ['--systemd-cgroup'],
    ['--cgroup-manager', 'systemd'],
    ['--cgroup-manager=cgroupfs', '--systemd-cgroup'],
  ]) {
    const result = box.call([...flag, 'create', '--bundle', bundle, box.id()], { wrapper: without });
    t.equal(result.status, 1);
    t.match(
      result.stderr,
      /systemd cgroup flag passed, but systemd support for managing cgroups is not available.*\/run\/systemd\/system/s,
    );
  }
  const disabled = box.call(
    ['--systemd-cgroup', '--cgroup-manager', 'disabled', 'run', '--bundle', box.bundle(), box.id()],
    { wrapper: without },
  );
  t.equal(disabled.status, 0, disabled.stderr);
});

t.test('explain prints the unit', { skip: skipIf(ours, noV2) }, async (t) => {
  const systemd = await fake();
  t.teardown(() => end(systemd));
  const bundle = box.bundle(inSlice('shown'));
  const text = box.call(['--systemd-cgroup', 'explain', '--bundle', bundle], systemd.options).stdout;
  t.match(
    text,
    new RegExp(`/linux/cgroupsPath +have systemd start the unit tt-shown.scope in ${slice}, with init in it`),
  );
  t.match(text, /DefaultDependencies=false/);
  const json = box.call(
    ['--systemd-cgroup', 'explain', '--format', 'json', '--bundle', bundle],
    systemd.options,
  ).stdout;
  const plan = JSON.parse(json) as {
    cgroup: { systemd: { unit: string; properties: { name: string; pointer: string }[] } };
  };
  t.equal(plan.cgroup.systemd.unit, 'tt-shown.scope');
  t.match(
    plan.cgroup.systemd.properties.find(({ name }) => name === 'Slice'),
    { pointer: '/linux/cgroupsPath' },
  );
  t.same(systemd.members(), [], 'nothing was started');
});

t.test('nothing is left of the slices', { skip: skipIf(ours, noV2) }, async (t) => {
  for (const name of readdirSync(mount!).filter((entry) => entry.startsWith(box.prefix))) rmdirSync(join(mount!, name));
  t.notOk(readdirSync(mount!).some((entry) => entry.startsWith(box.prefix)));
});

box.end(t);
