/** The systemd driver on a machine that runs systemd. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { TestConfig } from '../helpers/config.js';
import { afterEngineUpdates, engineUpdates } from '../helpers/engine-updates.js';
import { call, execute, kind, plainEnv, runtime } from '../helpers/runtime.js';
import { Sandbox } from '../helpers/sandbox.js';
import { differs, needsFile, skipIf, tsruncOnly } from '../helpers/when.js';

const box = new Sandbox(t);
const noSystemd = needsFile('/run/systemd/system', 'it was not booted with systemd');
const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
const noV2 = !v2 && 'this machine has no pure cgroup v2';
const skip = skipIf(noSystemd, noV2);
const flags = ['--systemd-cgroup'];

/** Properties of a unit as systemctl shows them. */
function show(unit: string, ...names: string[]): Record<string, string> {
  const { stdout } = execute(['systemctl', 'show', unit, ...names.flatMap((name) => ['-p', name])]);
  return Object.fromEntries(
    stdout
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Active, or failed and not forgotten yet. */
const isThere = (unit: string) => show(unit, 'ActiveState').ActiveState !== 'inactive';
const directoryOf = (unit: string) => `/sys/fs/cgroup${show(unit, 'ControlGroup').ControlGroup}`;
const read = (unit: string, file: string) => readFileSync(`${directoryOf(unit)}/${file}`, 'utf8').trim();

/** Starts a container that sleeps, as a scope in the slice of these tests. */
function started(name: string, change: (config: TestConfig) => void = () => {}): { id: string; unit: string } {
  const id = box.id(name);
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux.cgroupsPath = `system.slice:tt:${id}`;
    change(config);
  });
  const result = box.call([...flags, 'run', '-d', '--bundle', bundle, id]);
  if (result.status !== 0) throw new Error(result.stderr);
  return { id, unit: `tt-${id}.scope` };
}

function removed(t: Test, id: string, unit: string): void {
  const directory = directoryOf(unit);
  const result = box.call(['delete', '--force', id]);
  t.equal(result.status, 0, result.stderr);
  t.notOk(isThere(unit), `no unit ${unit}`);
  t.notOk(directory !== '/sys/fs/cgroup' && existsSync(directory), 'no cgroup');
}

const limited = (config: TestConfig) => {
  Object.assign(config.linux.resources, {
    memory: { limit: 67108864, reservation: 33554432, swap: 134217728 },
    cpu: { shares: 2048, quota: 25500, period: 50000, cpus: '0', mems: '0' },
    pids: { limit: 50 },
    unified: { 'memory.high': '58720256' },
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'b', major: 8, access: 'r' },
    ],
  });
  config.annotations = { 'org.systemd.property.TimeoutStopUSec': 'uint64 12000000' };
};

t.test('a scope has the limits as properties, and exactly in its cgroup', { skip }, async (t) => {
  const { id, unit } = started('limits', limited);
  t.match(show(unit), {
    ActiveState: 'active',
    Slice: 'system.slice',
    Delegate: 'yes',
    DefaultDependencies: 'no',
    MemoryMax: '67108864',
    MemoryLow: '33554432',
    MemorySwapMax: '67108864',
    MemoryHigh: '58720256',
    CPUQuotaPerSecUSec: '510ms',
    CPUQuotaPeriodUSec: '50ms',
    AllowedCPUs: '0',
    TasksMax: '50',
    DevicePolicy: 'strict',
    TimeoutStopUSec: '12s',
  });
  t.match(show(unit, 'DeviceAllow').DeviceAllow, /./);
  t.equal(read(unit, 'cpu.max'), '25500 50000');
  t.equal(read(unit, 'memory.max'), '67108864');
  t.match(readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8'), new RegExp(`/system.slice/${unit}$`, 'm'));
  execute(['systemctl', 'daemon-reload']);
  t.equal(read(unit, 'memory.max'), '67108864', 'after daemon-reload');
  t.equal(read(unit, 'pids.max'), '50');
  t.equal(read(unit, 'cpu.max').split(' ')[1], '50000');
  removed(t, id, unit);
});

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'this machine has no runc to compare with';
t.test(
  'the properties are those that runc sets',
  { skip: skipIf(skip, tsruncOnly('it is compared with'), noRunc) },
  async (t) => {
    const { id, unit } = started('compare', limited);
    const other = box.id('runc');
    const bundle = box.bundle((config) => {
      limited(config);
      config.process.args = ['sleep', '1000'];
      config.linux.cgroupsPath = `system.slice:tt:${other}`;
    });
    const root = box.directory('runc');
    const runc = execute(['runc', '--root', root, ...flags, 'run', '-d', '--bundle', bundle, other]);
    t.equal(runc.status, 0, runc.stderr);
    const own = show(unit);
    const theirs = show(`tt-${other}.scope`);
    // What hangs on the name, the moment, or the version of runc.
    const varies =
      /^(Id|Names|Description|Control.*|Fragment.*|DropIn.*|Invocation.*|.*Timestamp.*|CPUUsage.*|Memory(Available|Current|Peak)|.*Effective.*|IO.*(Bytes|Operations)|OOMPolicy|Tasks(Current|Peak)|NetworkNS.*|DeviceAllow)$/;
    const different = Object.keys({ ...own, ...theirs }).filter(
      (name) => !varies.test(name) && own[name] !== theirs[name],
    );
    t.same(different, []);
    t.equal(own.MemoryMax, '67108864', 'what is asked for is among what was compared');
    const devices = (name: string) =>
      execute(['systemctl', 'show', name, '-p', 'DeviceAllow']).stdout.trim().split('\n');
    const missing = devices(`tt-${other}.scope`).filter((line) => !devices(unit).includes(line));
    t.same(missing, [], 'no device that runc allows is missing');
    execute(['runc', '--root', root, 'delete', '--force', other]);
    removed(t, id, unit);
  },
);

t.test('update reaches systemd and the cgroup', { skip }, async (t) => {
  const { id, unit } = started('update', (config) => {
    config.linux.resources.memory = { limit: 67108864, swap: 67108864 };
    config.linux.resources.cpu = { quota: 50000, period: 100000 };
  });
  const update = (...args: string[]) => {
    const result = box.call(['update', ...args, id]);
    t.equal(result.status, 0, result.stderr);
  };
  update('--memory', '50331648', '--memory-swap', '50331648', '--cpu-quota', '12345', '--pids-limit', '30');
  t.match(show(unit), { MemoryMax: '50331648', CPUQuotaPerSecUSec: '130ms', TasksMax: '30' });
  t.same([read(unit, 'memory.max'), read(unit, 'cpu.max')], ['50331648', '12345 100000']);
  update('--memory', '-1', '--memory-swap', '-1');
  t.equal(show(unit, 'MemoryMax').MemoryMax, 'infinity');
  t.equal(read(unit, 'memory.max'), 'max');
  removed(t, id, unit);
});

t.test('what engines send with an update, as they send it', { skip }, async (t) => {
  for (const [engine, updates] of Object.entries(engineUpdates)) {
    const { id, unit } = started(engine, (config) => {
      config.linux.resources.devices = [{ allow: false, access: 'rwm' }];
    });
    for (const resources of updates) {
      const result = box.call([...flags, 'update', '--resources=-', id], { input: resources });
      t.equal(result.status, 0, `${engine}: ${result.stderr}`);
    }
    // What a machine without swap, or without a cost model of I/O, can't have.
    for (const [file, value] of Object.entries(afterEngineUpdates[engine]!))
      if (existsSync(`${directoryOf(unit)}/${file}`)) t.equal(read(unit, file), value, `${engine}: ${file}`);
    removed(t, id, unit);
  }
});

t.test('what an update does not name stays as it is', { skip }, async (t) => {
  const { id, unit } = started('stays', (config) => {
    config.linux.resources.memory = { limit: 67108864 };
    config.linux.resources.cpu = { quota: 12345, period: 100000 };
  });
  const update = (resources: object) => {
    const result = box.call(['update', '--resources', '-', id], { input: JSON.stringify(resources) });
    t.equal(result.status, 0, result.stderr);
  };
  update({ unified: { 'memory.oom.group': '1' } });
  update({ memory: { limit: 50331648 } });
  t.same([read(unit, 'memory.max'), read(unit, 'memory.oom.group')], ['50331648', '1']);
  update({ cpu: { shares: 512 } });
  t.same([read(unit, 'cpu.weight'), read(unit, 'cpu.max')], ['59', '12345 100000']);
  update({ unified: { 'memory.oom.group': '0' } });
  t.equal(read(unit, 'memory.oom.group'), '0');
  removed(t, id, unit);
});

t.test(
  'memory.oom.group from the start is a property, and kept',
  { skip: skipIf(skip, tsruncOnly('it is set back')) },
  async (t) => {
    const { id, unit } = started('group', (config) => {
      config.linux.resources.unified = { 'memory.oom.group': '1', 'io.weight': 'default 50' };
    });
    t.match(show(unit), { OOMPolicy: 'kill', IOWeight: '50' });
    execute(['systemctl', 'daemon-reload']);
    t.same([read(unit, 'memory.oom.group'), read(unit, 'io.weight')], ['1', 'default 50']);
    removed(t, id, unit);
  },
);

/** What create or update may send, with a value; and whether systemd takes it for a scope that runs. */
const sent: readonly [name: string, type: string, value: string, taken: boolean][] = [
  ['Description', 's', 'x', true],
  ['Slice', 's', 'system.slice', false],
  ['Delegate', 'b', 'true', false],
  ['DefaultDependencies', 'b', 'false', false],
  ['PIDs', 'au', '1 1', false],
  ['MemoryAccounting', 'b', 'true', true],
  ['CPUAccounting', 'b', 'true', true],
  ['IOAccounting', 'b', 'true', true],
  ['TasksAccounting', 'b', 'true', true],
  ['MemoryMax', 't', '100000000', true],
  ['MemoryLow', 't', '4096', true],
  ['MemoryHigh', 't', '50000000', true],
  ['MemoryMin', 't', '4096', true],
  ['MemorySwapMax', 't', '4096', true],
  ['MemoryZSwapMax', 't', '4096', true],
  ['MemoryZSwapWriteback', 'b', 'false', true],
  ['CPUWeight', 't', '50', true],
  ['CPUQuotaPerSecUSec', 't', '510000', true],
  ['CPUQuotaPeriodUSec', 't', '50000', true],
  ['AllowedCPUs', 'ay', '1 1', true],
  ['AllowedMemoryNodes', 'ay', '1 1', true],
  ['TasksMax', 't', '50', true],
  ['IOWeight', 't', '50', true],
  ['DevicePolicy', 's', 'strict', true],
  ['DeviceAllow', 'a(ss)', '1 /dev/null rw', true],
  ['OOMPolicy', 's', 'kill', false],
];
const manager = ['org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
const setOn = (unit: string, ...property: string[]) =>
  execute(
    ['busctl', 'call', ...manager, 'SetUnitProperties', 'sba(sv)', unit, 'true', '1', ...property].flatMap((word) =>
      /^[\d/][^/]* /.test(word) ? word.split(' ') : [word],
    ),
  );
t.test(
  'what systemd takes on a scope that runs',
  { skip: skipIf(skip, tsruncOnly('it asks systemd alone')) },
  async (t) => {
    const { id, unit } = started('sent');
    for (const [name, type, value, taken] of sent) {
      const { status, stderr } = setOn(unit, name, type, value);
      t.equal(status === 0, taken, `${name}: ${stderr}`);
      if (!taken) t.match(stderr, `Cannot set property ${name}, or unknown property.`);
    }
    removed(t, id, unit);
  },
);

t.test(
  'an update that the kernel refuses changes nothing',
  { skip: skipIf(skip, tsruncOnly('it keeps a part')) },
  async (t) => {
    const { id, unit } = started('refused', (config) => {
      config.linux.resources.pids = { limit: 40 };
    });
    const low = show(unit, 'MemoryLow');
    const resources = { pids: { limit: 20 }, memory: { reservation: 4096 }, unified: { 'memory.oom.group': '7' } };
    const result = box.call(['update', '--resources', '-', id], { input: JSON.stringify(resources) });
    t.equal(result.status, 1);
    t.match(result.stderr, /memory\.oom\.group/);
    t.equal(show(unit, 'TasksMax').TasksMax, '40');
    t.equal(read(unit, 'pids.max'), '40');
    t.same([show(unit, 'MemoryLow'), read(unit, 'memory.low')], [low, '0']);
    removed(t, id, unit);
  },
);

t.test('exec, ps, events, pause and resume', { skip }, async (t) => {
  const { id, unit } = started('life');
  const { pid } = box.state(id);
  t.match(box.call(['exec', id, 'cat', '/proc/self/cgroup']).stdout, unit);
  t.same(JSON.parse(box.call(['ps', '--format', 'json', id]).stdout), [pid]);
  const stats = JSON.parse(box.call(['events', '--stats', id]).stdout) as { data: { pids: { current: number } } };
  t.equal(stats.data.pids.current, 1);
  t.equal(box.call(['pause', id]).status, 0);
  t.equal(box.state(id).status, 'paused');
  t.equal(box.call(['resume', id]).status, 0);
  t.equal(box.call(['kill', id, 'KILL']).status, 0);
  box.waitStopped(id);
  t.equal(box.call(['delete', id]).status, 0);
  t.notOk(isThere(unit));
});

t.test('out of memory leaves no failed unit', { skip }, async (t) => {
  const id = box.id('oom');
  const bundle = box.bundle((config) => {
    config.process.args = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=60M', 'count=1'];
    config.linux.cgroupsPath = `system.slice:tt:${id}`;
    config.linux.resources.memory = { limit: 20971520, swap: 20971520 };
  });
  const result = box.call([...flags, 'run', '--bundle', bundle, id], { timeout: 60_000 });
  t.equal(result.status, 137, result.stderr);
  t.notOk(isThere(`tt-${id}.scope`));
});

t.test("a failed unit of that name is in nobody's way", { skip }, async (t) => {
  const id = box.id('failed');
  const unit = `tt-${id}.scope`;
  execute(['systemd-run', '--scope', '--quiet', `--unit=${unit}`, '-p', 'RuntimeMaxSec=100ms', 'sleep', '10']);
  t.equal(show(unit, 'ActiveState').ActiveState, 'failed', 'there is one');
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux.cgroupsPath = `system.slice:tt:${id}`;
  });
  const result = box.call([...flags, 'run', '-d', '--bundle', bundle, id]);
  t.equal(result.status, 0, result.stderr);
  removed(t, id, unit);
});

t.test(
  'annotations that systemd refuses are named',
  { skip: skipIf(skip, tsruncOnly('its errors name fields')) },
  async (t) => {
    for (const [name, value] of [
      ['NoSuchProperty', 'true'],
      ['TimeoutStopUSec', "'x'"],
    ] as const) {
      const id = box.id('refused');
      const bundle = box.bundle((config) => {
        config.annotations = { [`org.systemd.property.${name}`]: value };
      });
      const result = box.call([...flags, 'run', '-d', '--bundle', bundle, id]);
      t.equal(result.status, 1);
      t.match(result.stderr, /tsrunc-.*\.scope/, 'the unit');
      if (name === 'NoSuchProperty') t.match(result.stderr, /\/annotations\/org\.systemd\.property\.NoSuchProperty/);
      t.notOk(isThere(`tsrunc-${id}.scope`));
      t.equal(box.call(['state', id]).status, 1, 'nothing is left');
    }
  },
);

t.test('a slice', { skip: skipIf(skip, differs({ runc: 'a slice takes no PIDs' })) }, async (t) => {
  const slice = `${box.prefix}-s.slice`;
  const { id } = started('slice', (config) => {
    config.linux.cgroupsPath = `::${slice}`;
    config.linux.resources.pids = { limit: 30 };
  });
  t.match(show(slice), { ActiveState: 'active', TasksMax: '30' });
  t.match(readFileSync(`/proc/${box.state(id).pid}/cgroup`, 'utf8'), new RegExp(`/${slice}$`, 'm'));
  removed(t, id, slice);
  execute(['systemctl', 'stop', `${box.prefix}.slice`]);
});

/** A user who is logged in, with a service manager of their own: before D-Bus is restarted, which that loses for good. */
const user = [1000, 1001].find((uid) => existsSync(`/run/user/${uid}/bus`));
const noUser = user === undefined && 'no user of this machine has a systemd of their own at the moment';
t.test("a user's container is a unit of the user's systemd", { skip: skipIf(skip, noUser) }, async (t) => {
  const home = box.directory('home');
  const { uid, gid } = statSync(`/run/user/${user}`);
  execute(['chown', `${uid}:${gid}`, home]);
  const root = join(home, 'state');
  const id = box.id('user');
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux.cgroupsPath = `:tt:${id}`;
    config.linux.resources = { memory: { limit: 67108864 } };
    config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'network');
    config.linux.namespaces.push({ type: 'user' });
    config.linux.uidMappings = [{ containerID: 0, hostID: uid, size: 1 }];
    config.linux.gidMappings = [{ containerID: 0, hostID: gid, size: 1 }];
    config.mounts = config.mounts.filter(({ destination }) => destination === '/proc');
  });
  execute(['chown', '-R', `${uid}:${gid}`, bundle]);
  mkdirSync(root, { mode: 0o700 });
  execute(['chown', `${uid}:${gid}`, root]);
  const env = { ...plainEnv, XDG_RUNTIME_DIR: `/run/user/${uid}` };
  const wrapper = ['setpriv', '--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups'];
  const asUser = (...args: string[]) => call(['--root', root, ...args], { env, wrapper });
  const result = asUser(...flags, 'run', '-d', '--bundle', bundle, id);
  t.equal(result.status, 0, result.stderr);
  const state = JSON.parse(asUser('state', id).stdout) as { pid: number };
  const where = readFileSync(`/proc/${state.pid}/cgroup`, 'utf8');
  t.match(where, new RegExp(`/user@${uid}\\.service/user\\.slice/tt-${id}\\.scope$`, 'm'));
  t.equal(readFileSync(`/sys/fs/cgroup${where.trim().slice(3)}/memory.max`, 'utf8').trim(), '67108864');
  const exec = asUser('exec', id, 'true');
  t.equal(exec.status, 0, `exec from outside of what is delegated to the user: ${exec.stderr}`);
  t.equal(asUser('delete', '--force', id).status, 0);
  t.notOk(existsSync(`/sys/fs/cgroup${where.trim().slice(3)}`));
});

t.test('D-Bus may be restarted at any time', { skip }, async (t) => {
  const { id, unit } = started('dbus');
  execute(['systemctl', 'restart', 'dbus']);
  t.equal(box.call(['update', '--pids-limit', '77', id]).status, 0);
  t.equal(show(unit, 'TasksMax').TasksMax, '77');
  const restarts = spawn('sh', ['-c', 'for i in 1 2 3; do systemctl restart dbus; sleep 0.5; done'], {
    stdio: 'ignore',
  });
  const ended = once(restarts, 'exit');
  for (let i = 0; i < 3; i++) {
    const again = started(`dbus${i}`);
    removed(t, again.id, again.unit);
  }
  await ended;
  // systemd refuses more starts within a short time (StartLimitBurst).
  execute(['systemctl', 'reset-failed', 'dbus.service', 'dbus.socket']);
  removed(t, id, unit);
});

t.test('without any bus systemd itself is asked', { skip: skipIf(skip, tsruncOnly('its way there')) }, async (t) => {
  execute(['systemctl', 'stop', 'dbus.socket', 'dbus.service']);
  try {
    const id = box.id('nobus');
    const bundle = box.bundle((config) => (config.process.args = ['echo', 'ran']));
    const result = box.call([...flags, 'run', '--bundle', bundle, id]);
    t.equal(result.status, 0, result.stderr);
    t.equal(result.stdout, 'ran\n');
  } finally {
    execute(['systemctl', 'start', 'dbus.socket', 'dbus.service']);
  }
});

/** What systemd says of a unit once it has ended: a scope that it has just made ends by itself when it finds that its process has. */
async function ended(unit: string): Promise<Record<string, string>> {
  for (const end = Date.now() + 30_000; ; ) {
    const shown = show(unit);
    if (shown.ActiveState === 'inactive' || Date.now() > end) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

t.test('killed at any moment, nothing is left after delete --force', { skip }, async (t) => {
  const bundle = box.bundle((config) => {
    config.process.args = ['sleep', '1000'];
  });
  const config = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as TestConfig;
  const began = process.hrtime.bigint();
  const first = started('timing');
  const whole = Number(process.hrtime.bigint() - began) / 1e6;
  removed(t, first.id, first.unit);
  for (let i = 1; i <= 12; i++) {
    const id = box.id('killed');
    const unit = `tt-${id}.scope`;
    config.linux.cgroupsPath = `system.slice:tt:${id}`;
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
    const child = spawn(runtime, ['--root', box.root, ...flags, 'create', '--bundle', bundle, id], {
      stdio: 'ignore',
      env: plainEnv,
    });
    const exited = once(child, 'exit');
    await new Promise((resolve) => setTimeout(resolve, (whole * i) / 13));
    child.kill('SIGKILL');
    await exited;
    const result = box.call(['delete', '--force', id]);
    t.equal(result.status, 0, result.stderr);
    const { ActiveState, SubState } = await ended(unit);
    t.equal(ActiveState, 'inactive', `unit after ${i}/13 of the time: ${SubState}; ${result.stderr}`);
    t.notOk(existsSync(`/sys/fs/cgroup/system.slice/${unit}`), 'no cgroup');
  }
});

t.test(
  'features tells of it',
  { skip: skipIf(kind !== 'tsrunc' && kind !== 'runc' && `${kind} says it otherwise`) },
  async (t) => {
    const features = JSON.parse(call(['features']).stdout) as { linux: { cgroup: Record<string, boolean> } };
    t.match(features.linux.cgroup, { systemd: true, systemdUser: true });
  },
);

box.end(t);
