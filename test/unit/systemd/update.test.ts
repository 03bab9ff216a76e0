/** Updates of a unit, against a systemd that refuses and sets back what the real one does. */
import t from 'tap';
import { EINVAL } from '../../../src/base/errno.js';
import { planUpdate } from '../../../src/cgroup/plan/plan-update.js';
import type { Resources } from '../../../src/config/spec.js';
import { updateUnit } from '../../../src/container/creation/systemd-unit.js';
import type { Runtime } from '../../../src/container/runtime.js';
import type { Message } from '../../../src/dbus/message.js';
import type { DbusValue, Variant } from '../../../src/dbus/signature.js';
import type { Native } from '../../../src/native/native.js';
import { afterEngineUpdates, engineUpdates } from '../../helpers/engine-updates.js';
import { fakeNative } from '../../helpers/fake-native.js';
import { type Peer, ScriptedBus } from '../../helpers/scripted-bus.js';

const DIRECTORY = '/sys/fs/cgroup/system.slice/x.scope';
const cgroup = { paths: { '': DIRECTORY }, made: [DIRECTORY], systemd: { unit: 'x.scope', user: false } };
const directories = {
  v1: {},
  v2: { path: DIRECTORY, controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io'] },
  absent: "isn't there",
};
const INFINITY = (1n << 64n) - 1n;

/** Files of a new scope, and what systemd writes to each when it knows nothing of it. */
const defaults: Readonly<Record<string, string>> = {
  ...{ 'memory.min': '0', 'memory.low': '0', 'memory.high': 'max', 'memory.max': 'max', 'memory.swap.max': 'max' },
  ...{ 'memory.zswap.max': 'max', 'memory.oom.group': '0', 'cpu.weight': '100', 'cpu.idle': '0' },
  ...{ 'cpu.max': 'max 100000', 'cpuset.cpus': '', 'cpuset.mems': '', 'pids.max': 'max', 'io.weight': 'default 100' },
};
/** Properties that it takes on a scope that runs, and the file of each. */
const taken: Readonly<Record<string, string>> = {
  ...{ MemoryMin: 'memory.min', MemoryLow: 'memory.low', MemoryHigh: 'memory.high', MemoryMax: 'memory.max' },
  ...{ MemorySwapMax: 'memory.swap.max', MemoryZSwapMax: 'memory.zswap.max', CPUWeight: 'cpu.weight' },
  ...{ CPUQuotaPerSecUSec: 'cpu.max', CPUQuotaPeriodUSec: 'cpu.max', AllowedCPUs: 'cpuset.cpus' },
  ...{ AllowedMemoryNodes: 'cpuset.mems', TasksMax: 'pids.max', IOWeight: 'io.weight' },
};

/** A scope that runs, systemd, and what it knows. */
class Scope {
  readonly known = new Map<string, Variant>();
  readonly machine;
  readonly bus = new ScriptedBus((call, peer) => this.#answer(call, peer));

  constructor(
    files: Record<string, string> = {},
    private readonly refuses: readonly string[] = [],
    refuse?: (path: string, value: string) => number | undefined,
  ) {
    const all = Object.entries({ ...defaults, ...files }).map(([name, value]) => [
      `${DIRECTORY}/${name}`,
      `${value}\n`,
    ]);
    this.machine = fakeNative({ files: Object.fromEntries(all), ...(refuse && { refuse }) });
  }

  file(name: string): string | undefined {
    return this.machine.files.get(`${DIRECTORY}/${name}`)?.trim();
  }

  update(changes: Resources, present: Resources = {}): Resources {
    const native = { ...this.machine.native, ...this.bus.native } as Native;
    native.readFileIfExists = this.machine.native.readFileIfExists;
    const rt = { native, env: {}, warn: () => {} } as unknown as Runtime;
    const { operations, limits, resources } = planUpdate(present, changes, directories, '');
    updateUnit(rt, cgroup as never, present, limits, operations, () => {});
    return resources;
  }

  #answer(call: Message, peer: Peer): void {
    const name = String(call.body[1]);
    if (call.member === 'GetUnit') peer.reply('o', ['/org/freedesktop/systemd1/unit/x_2escope']);
    else if (call.member === 'Get' && name === 'Version') peer.reply('v', [{ signature: 's', value: '262' }]);
    else if (call.member === 'Get' && name === 'ControlGroup') peer.reply('v', [{ signature: 's', value: '/' }]);
    else if (call.member === 'Get')
      peer.reply('v', [(this.known.get(name) ?? { signature: 't', value: INFINITY }) as unknown as DbusValue]);
    else this.#set(call.body[2] as unknown as [string, Variant][], peer);
  }

  #set(properties: [string, Variant][], peer: Peer): void {
    const wrong = properties.find(([name]) => taken[name] === undefined || this.refuses.includes(name));
    if (wrong) {
      const text = `Cannot set property ${wrong[0]}, or unknown property.`;
      peer.refuse('org.freedesktop.DBus.Error.PropertyReadOnly', text);
      return;
    }
    for (const [name, value] of properties) this.known.set(name, value);
    peer.reply('', []);
    // All files of all controllers, as systemd 262 does when it sets a cgroup up anew.
    for (const [file, value] of Object.entries(defaults)) this.machine.files.set(`${DIRECTORY}/${file}`, value);
    for (const [name, { value }] of this.known) {
      const file = taken[name]!;
      const text = file === 'cpu.max' ? '980000 1000000' : value instanceof Uint8Array ? '0' : String(value);
      this.machine.files.set(`${DIRECTORY}/${file}`, value === INFINITY ? 'max' : text);
    }
  }
}

t.test('what engines send, as they send it', async (t) => {
  for (const [engine, updates] of Object.entries(engineUpdates)) {
    const scope = new Scope();
    // Every engine begins with the rule that denies all.
    let present: Resources = { devices: [{ allow: false, access: 'rwm' }] };
    for (const update of updates) present = scope.update(JSON.parse(update) as Resources, present);
    const after = afterEngineUpdates[engine]!;
    for (const [name, value] of Object.entries({ ...defaults, ...after }))
      t.equal(scope.file(name)?.replace('default ', ''), value.replace('default ', ''), `${engine}: ${name}`);
  }
});

t.test('what systemd sets back is put back', async (t) => {
  const files = {
    ...{ 'memory.oom.group': '1', 'memory.zswap.max': '4096', 'cpu.max': '12345 100000', 'cpu.weight': '7' },
    ...{ 'pids.max': '9', 'io.weight': 'default 50\n8:0 20' },
  };
  const scope = new Scope(files);
  scope.update({ memory: { limit: 8192 } });
  t.equal(scope.file('memory.max'), '8192');
  for (const [name, value] of Object.entries(files)) t.equal(scope.file(name), value.split('\n')[0], name);
});

t.test('a weight and idleness are one setting', async (t) => {
  const scope = new Scope({ 'cpu.weight': '50' });
  scope.update({ cpu: { idle: 1 } });
  t.equal(scope.file('cpu.idle'), '1');
  t.not(scope.file('cpu.weight'), '50', 'no weight is put back into a group that is idle');
});

t.test('what systemd refuses is written to the cgroup', async (t) => {
  const scope = new Scope({}, ['MemoryMax', 'TasksMax']);
  scope.update({ memory: { limit: 8192, reservation: 4096 }, pids: { limit: 5 } });
  t.same([scope.file('memory.max'), scope.file('memory.low'), scope.file('pids.max')], ['8192', '4096', '5']);
  t.same([...scope.known.keys()], ['MemoryLow'], 'systemd has the rest');
  const all = new Scope({}, Object.keys(taken));
  all.update({ pids: { limit: 5 } });
  t.equal(all.file('pids.max'), '5');
});

t.test('an error if the cgroup refuses it too; then nothing has changed', async (t) => {
  const refuse = (path: string, value: string) =>
    path.endsWith('/memory.max') && value === '8192' ? EINVAL : undefined;
  const scope = new Scope({ 'memory.oom.group': '1', 'pids.max': '9', 'memory.low': '4096' }, ['MemoryMax'], refuse);
  scope.known.set('TasksMax', { signature: 't', value: 9n });
  scope.known.set('MemoryLow', { signature: 't', value: 4096n });
  t.throws(() => scope.update({ memory: { limit: 8192, reservation: 12288 }, pids: { limit: 5 } }), {
    message: /memory\.max/,
    fields: { pointer: '/memory/limit', errno: EINVAL },
  });
  t.same(
    [scope.file('pids.max'), scope.file('memory.low'), scope.file('memory.oom.group'), scope.file('memory.max')],
    ['9', '4096', '1', 'max'],
  );
  t.same(
    ['TasksMax', 'MemoryLow'].map((name) => scope.known.get(name)?.value),
    [9n, 4096n],
    'systemd has what it had',
  );
});
