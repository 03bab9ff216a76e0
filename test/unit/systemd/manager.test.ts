import t from 'tap';
import { TsruncError } from '../../../src/base/error.js';
import type { Message } from '../../../src/dbus/message.js';
import type { DbusValue } from '../../../src/dbus/signature.js';
import { SystemdManager } from '../../../src/systemd/manager.js';
import type { UnitProperty } from '../../../src/systemd/properties.js';
import { type Peer, ScriptedBus } from '../../helpers/scripted-bus.js';

const BUS = '/run/dbus/system_bus_socket';
const PRIVATE = '/run/systemd/private';
const JOB = '/org/freedesktop/systemd1/job/7';
const UNIT = '/org/freedesktop/systemd1/unit/x_2escope';
const ERROR = 'org.freedesktop.systemd1';
const properties: UnitProperty[] = [
  { name: 'Description', signature: 's', value: 'x', pointer: '' },
  { name: 'MemoryMax', signature: 't', value: 5n, pointer: '/linux/resources/memory/limit' },
];

const removed = (peer: Peer, result = 'done', job = JOB) =>
  peer.signal('JobRemoved', 'uoss', [7, job, 'x.scope', result]);
const variant = (signature: string, value: DbusValue) => [{ signature, value }];

/** A systemd that does what it is asked, but for what `over` answers itself (returning true). */
const willing =
  (over: (call: Message, peer: Peer, path: string) => boolean = () => false) =>
  (call: Message, peer: Peer, path: string): void => {
    if (over(call, peer, path)) return;
    switch (call.member) {
      case 'StartTransientUnit':
      case 'StopUnit':
        // Jobs of others end meanwhile.
        removed(peer, 'failed', '/org/freedesktop/systemd1/job/6');
        peer.reply('o', [JOB]);
        removed(peer);
        return;
      case 'GetUnit':
        peer.reply('o', [UNIT]);
        return;
      case 'Get':
        if (call.body[1] === 'Version') peer.reply('v', variant('s', '252.39-1~deb12u1'));
        else if (call.body[1] === 'ControlGroup') peer.reply('v', variant('s', '/'));
        else if (call.body[1] === 'Job') peer.reply('v', variant('(uo)', [0, '/']));
        else peer.reply('v', variant('s', 'active'));
        return;
      default:
        peer.reply('', []);
    }
  };

const managerOf = (bus: ScriptedBus, env: Record<string, string> = {}, user = false) =>
  new SystemdManager({ native: bus.native, env, user });
const never = () => false;

function failureOf(action: () => unknown): TsruncError {
  try {
    action();
  } catch (error) {
    if (error instanceof TsruncError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

t.test('version and place', async (t) => {
  const bus = new ScriptedBus(willing());
  const manager = managerOf(bus);
  t.same(manager.facts(), { version: 252, controlGroup: '', user: false });
  t.same(
    bus.calls.map(({ member }) => member),
    ['Hello', 'AddMatch', 'Get', 'Get'],
  );
  manager.close();
  t.equal(bus.openSockets(), 0);
});

t.test('a unit is started, and its own job waited for', async (t) => {
  const bus = new ScriptedBus(willing());
  managerOf(bus).start('x.scope', properties, never);
  const call = bus.calls.find(({ member }) => member === 'StartTransientUnit')!;
  t.equal(call.signature, 'ssa(sv)a(sa(sv))');
  t.same(call.body, [
    'x.scope',
    'replace',
    [
      ['Description', { signature: 's', value: 'x' }],
      ['MemoryMax', { signature: 't', value: 5n }],
    ],
    [],
  ]);
  t.same(bus.members(), ['StartTransientUnit']);
});

t.test("a signal that only looks like systemd's is not believed", async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'StartTransientUnit') return false;
      peer.reply('o', [JOB]);
      peer.signal('JobRemoved', 'uoss', [7, JOB, 'x.scope', 'done'], ':1.66');
      removed(peer, 'failed');
      return true;
    }),
  );
  t.match(failureOf(() => managerOf(bus).start('x.scope', properties, never)).message, /ended as failed/);
});

t.test('a job that fails', async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'StartTransientUnit') return false;
      peer.reply('o', [JOB]);
      removed(peer, 'failed');
      return true;
    }),
  );
  const error = failureOf(() => managerOf(bus).start('x.scope', properties, never));
  t.match(error.message, /didn't start x\.scope: its job ended as failed/);
  t.same(bus.members(), ['StartTransientUnit', 'ResetFailedUnit']);
});

t.test('a job that never ends', async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member === 'StartTransientUnit') peer.reply('o', [JOB]);
      return call.member === 'StartTransientUnit';
    }),
  );
  const error = failureOf(() => managerOf(bus).start('x.scope', properties, never));
  t.match(error.message, /didn't answer within 30 seconds/);
  t.ok(bus.time >= 31_000 && bus.time < 32_000, 'thirty seconds');
});

t.test('a refused property is told by its field', async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'StartTransientUnit') return false;
      peer.refuse('org.freedesktop.DBus.Error.PropertyReadOnly', 'Cannot set property MemoryMax, or unknown property.');
      return true;
    }),
  );
  const error = failureOf(() => managerOf(bus).start('x.scope', properties, never));
  t.equal(error.pointer, '/linux/resources/memory/limit');
  t.match(error.message, /systemd doesn't start x\.scope: Cannot set property MemoryMax/);
});

t.test('what systemd refuses and can be done without is left out', async (t) => {
  const can = (name: string): UnitProperty => ({
    name,
    signature: 't',
    value: 5n,
    pointer: `/${name}`,
    optional: true,
  });
  const refusing = (...names: string[]) =>
    new ScriptedBus(
      willing((call, peer) => {
        if (call.member !== 'StartTransientUnit' && call.member !== 'SetUnitProperties') return false;
        const asked = (call.body[2] as unknown as [string][]).map(([name]) => name);
        const name = names.find((one) => asked.includes(one));
        if (name === undefined) return false;
        peer.refuse('org.freedesktop.DBus.Error.PropertyReadOnly', `Cannot set property ${name}, or unknown property.`);
        return true;
      }),
    );
  const names = (bus: ScriptedBus, member: string) =>
    (bus.calls.findLast((call) => call.member === member)!.body[2] as unknown as [string][]).map(([name]) => name);
  const some = [properties[0]!, can('MemoryMax'), can('MemoryMaxOther'), can('TasksMax')];
  const starting = refusing('MemoryMax', 'TasksMax');
  managerOf(starting).start('x.scope', some, never);
  t.same(names(starting, 'StartTransientUnit'), ['Description', 'MemoryMaxOther']);
  const setting = refusing('MemoryMaxOther');
  const taken = managerOf(setting).setProperties('x.scope', some);
  t.same(names(setting, 'SetUnitProperties'), ['Description', 'MemoryMax', 'TasksMax']);
  t.same(
    taken.map(({ name }) => name),
    ['Description', 'MemoryMax', 'TasksMax'],
  );
  const denied = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'SetUnitProperties') return false;
      peer.refuse('org.freedesktop.DBus.Error.AccessDenied', 'MemoryMax is not for you');
      return true;
    }),
  );
  t.match(failureOf(() => managerOf(denied).setProperties('x.scope', some)).message, /is not for you/);
});

t.test('the present values of properties', async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'Get') return false;
      t.equal(call.body[0], `${ERROR}.Scope`);
      if (call.body[1] === 'MemoryMax') peer.reply('v', variant('t', 7n));
      else peer.refuse('org.freedesktop.DBus.Error.UnknownProperty');
      return true;
    }),
  );
  t.same(managerOf(bus).present('x.scope', properties), [{ ...properties[1], value: 7n }]);
});

t.test('a unit of that name that failed once is reset', async (t) => {
  let tries = 0;
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'StartTransientUnit' || tries++ > 0) return false;
      peer.refuse(`${ERROR}.UnitExists`, 'Unit x.scope was already loaded.');
      return true;
    }),
  );
  managerOf(bus).start('x.scope', properties, never);
  t.same(bus.members(), ['StartTransientUnit', 'ResetFailedUnit', 'StartTransientUnit']);
});

t.test('a unit of another is left alone', async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member === 'StartTransientUnit') peer.refuse(`${ERROR}.UnitExists`);
      return call.member === 'StartTransientUnit';
    }),
  );
  const error = failureOf(() => managerOf(bus).start('x.scope', properties, never));
  t.match(error, { code: 'exists', fields: { pointer: '/linux/cgroupsPath' } });
  t.notOk(bus.members().includes('StopUnit'));
});

t.test('the bus is restarted before the answer: systemd itself is asked again', async (t) => {
  const bus = new ScriptedBus(
    willing((call, peer, path) => {
      if (call.member === 'GetUnit') {
        peer.refuse(`${ERROR}.NoSuchUnit`);
        return true;
      }
      if (call.member !== 'StartTransientUnit' || path !== BUS) return false;
      peer.hangUp();
      return true;
    }),
    [BUS, PRIVATE],
  );
  managerOf(bus).start('x.scope', properties, never);
  t.same(bus.connects, [BUS, PRIVATE]);
  t.same(bus.members(), ['StartTransientUnit', 'Subscribe', 'GetUnit', 'StartTransientUnit']);
  t.equal(bus.openSockets(), 1);
});

t.test('the bus is restarted after the start: the job under way is waited for', async (t) => {
  let lost = false;
  let job = 7;
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member === 'StartTransientUnit' && !lost) {
        lost = true;
        peer.reply('o', [JOB]);
        peer.hangUp();
        return true;
      }
      if (call.member === 'Get' && call.body[1] === 'Job') {
        peer.reply('v', variant('(uo)', [job, JOB]));
        if (job !== 0) removed(peer);
        job = 0;
        return true;
      }
      return false;
    }),
  );
  managerOf(bus).start('x.scope', properties, () => true);
  t.same(bus.members(), ['StartTransientUnit', 'Subscribe', 'GetUnit', 'Get', 'Get']);
});

t.test('after a restart a unit that exists is ours when our process is in it', async (t) => {
  let lost = false;
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member === 'Get' && call.body[1] === 'ActiveState') peer.reply('v', variant('s', 'activating'));
      else if (call.member !== 'StartTransientUnit') return false;
      else if (lost) peer.refuse(`${ERROR}.UnitExists`);
      else peer.hangUp();
      lost = true;
      return true;
    }),
  );
  managerOf(bus).start('x.scope', properties, () => true);
  t.notOk(bus.members().includes('ResetFailedUnit'));
});

t.test('a systemd that has lost its bus is waited for', async (t) => {
  let tries = 0;
  const bus = new ScriptedBus(
    willing((_, peer) => {
      if (tries++ > 3) return false;
      peer.refuse('org.freedesktop.DBus.Error.NoReply', 'Message recipient disconnected');
      return true;
    }),
  );
  t.equal(managerOf(bus).facts().version, 252);
});

t.test('a bus that takes a while to come back', async (t) => {
  let lost = false;
  const bus: ScriptedBus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member !== 'ResetFailedUnit' && call.member !== 'SetUnitProperties') return false;
      if (lost) return false;
      lost = true;
      bus.refusals = 3;
      peer.hangUp();
      return true;
    }),
  );
  managerOf(bus).setProperties('x.scope', properties);
  t.equal(bus.connects.filter((path) => path === BUS).length, 5);
});

t.test('a bus that never comes back', async (t) => {
  const bus = new ScriptedBus((_, peer) => peer.hangUp());
  const error = failureOf(() => managerOf(bus).setProperties('x.scope', properties));
  t.match(error.message, /closed the connection/);
  t.ok(bus.time < 40_000 && bus.connects.filter((path) => path === BUS).length < 10, 'it has an end');
});

t.test('properties are set in one round trip, and in force then', async (t) => {
  const bus = new ScriptedBus(willing());
  managerOf(bus).setProperties('x.scope', properties);
  t.same(bus.members(), ['SetUnitProperties', 'GetUnit']);
  t.same(bus.calls.find(({ member }) => member === 'SetUnitProperties')!.body.slice(0, 2), ['x.scope', true]);
  const refusing = new ScriptedBus(
    willing((call, peer) => {
      if (call.member === 'SetUnitProperties') peer.refuse(`${ERROR}.BadSetting`, 'MemoryMax= is out of range');
      return call.member === 'SetUnitProperties';
    }),
  );
  t.equal(
    failureOf(() => managerOf(refusing).setProperties('x.scope', properties)).pointer,
    '/linux/resources/memory/limit',
  );
});

t.test('a unit is stopped, and forgotten if it failed', async (t) => {
  const bus = new ScriptedBus(willing());
  managerOf(bus).stop('x.scope');
  t.same(bus.members(), ['StopUnit', 'ResetFailedUnit']);
  const gone = new ScriptedBus((_, peer) => peer.refuse(`${ERROR}.NoSuchUnit`));
  managerOf(gone).stop('x.scope');
  t.same(gone.members(), ['StopUnit'], 'one that is gone is fine');
});

t.test('a stop whose connection breaks', async (t) => {
  let lost = false;
  const bus = new ScriptedBus(
    willing((call, peer) => {
      if (call.member === 'StopUnit' && !lost) {
        lost = true;
        peer.reply('o', [JOB]);
        peer.hangUp();
        return true;
      }
      if (call.member === 'GetUnit') peer.refuse(`${ERROR}.NoSuchUnit`);
      return call.member === 'GetUnit';
    }),
  );
  managerOf(bus).stop('x.scope');
  t.same(bus.members(), ['StopUnit', 'Subscribe', 'GetUnit', 'ResetFailedUnit'], 'it is gone: done');
});

t.test('processes are moved', async (t) => {
  const bus = new ScriptedBus(willing());
  managerOf(bus).attach('x.scope', '/sub', [42]);
  t.same(bus.calls.at(-1)!.body, ['x.scope', '/sub', [42]]);
});

t.test('ways to systemd', async (t) => {
  const connects = (env: Record<string, string>, user: boolean, paths: string[]) => {
    const bus = new ScriptedBus(willing(), paths);
    const manager = managerOf(bus, env, user);
    manager.facts();
    return bus;
  };
  t.same(connects({}, false, [PRIVATE]).connects, [BUS, PRIVATE], 'no bus');
  t.same(connects({}, false, [PRIVATE]).calls[0]!.member, 'Get', 'no bus, no Hello');
  t.same(connects({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/b' }, false, ['/b']).connects, ['/b']);
  t.same(connects({ XDG_RUNTIME_DIR: '/r' }, true, ['/r/bus', '/r/systemd/private']).connects, ['/r/bus']);
  t.same(connects({ XDG_RUNTIME_DIR: '/r' }, true, ['/r/systemd/private']).connects, ['/r/systemd/private']);
  t.same(connects({ XDG_RUNTIME_DIR: '/r', DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=x' }, true, ['@x']).connects, [
    '@x',
  ]);
  const none = failureOf(() => connects({}, true, []));
  t.match(none, {
    code: 'unsupported',
    message: /no way to the systemd of this user/,
    fields: { hint: /XDG_RUNTIME_DIR/ },
  });
  t.match(
    failureOf(() => connects({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/b' }, false, [])).message,
    /can't connect to systemd/,
  );
});

t.test('who is no D-Bus', async (t) => {
  const answers: [string, RegExp][] = [
    ['REJECTED EXTERNAL\r\n', /refuses us/],
    ['x'.repeat(10_000), /doesn't speak it/],
    ['', /didn't answer|no answer/],
  ];
  for (const [answer, message] of answers) {
    const bus = new ScriptedBus(willing());
    bus.authAnswer = answer;
    t.match(failureOf(() => managerOf(bus).facts()).message, message);
    t.equal(bus.openSockets(), 0, 'nothing stays open');
  }
});

t.test('hostile messages', async (t) => {
  const frames = [
    [0x6c, 2, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0],
    [0x6c, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f],
    [0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    [0x6c, 2, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 5, 1, 0x7a, 0, 0, 0, 0, 0],
  ];
  for (const frame of frames) {
    const bus = new ScriptedBus((_, peer) => peer.raw(Uint8Array.from(frame)));
    t.match(failureOf(() => managerOf(bus).facts()).message, /makes no sense/);
  }
  const silent = new ScriptedBus((_, peer) => peer.raw(Uint8Array.of(0x6c, 2, 0, 1)));
  t.match(failureOf(() => managerOf(silent).facts()).message, /didn't answer within/);
});
