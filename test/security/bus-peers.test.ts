// Any user of the machine may send a signal to any name on the system bus, and is told the name of each that connects: one that
// is too large for the client, or of a type that it doesn't know, made the container that was being started fail.
import t from 'tap';
import { TsruncError } from '../../src/base/error.js';
import { encodeMessage } from '../../src/dbus/message.js';
import { SystemdManager } from '../../src/systemd/manager.js';
import { type Peer, ScriptedBus } from '../helpers/scripted-bus.js';

const JOB = '/org/freedesktop/systemd1/job/7';
/** The answer to the call that starts the unit. */
const answer = { type: 2, flags: 1, serial: 9, replySerial: 3, sender: ':1.1' };
const signal = { type: 4, flags: 1, serial: 9, sender: ':1.66', path: '/x', interface: 'x.y', member: 'Z' };

/** A message whose body is said to be of another type than it was written with. */
function ofType(signature: string, message: typeof signal | typeof answer = signal): Uint8Array {
  const bytes = encodeMessage({ ...message, signature: 'u', body: [1] });
  const at = Buffer.from(bytes).indexOf('\x01u\0', 16, 'latin1');
  bytes[at + 1] = signature.charCodeAt(0);
  return bytes;
}

/** Starts a unit on a bus where a peer comes in between. */
function startAmong(interfere: (peer: Peer) => void): ScriptedBus {
  const bus = new ScriptedBus((call, peer) => {
    if (call.member !== 'StartTransientUnit') return peer.reply('', []);
    interfere(peer);
    peer.reply('o', [JOB]);
    interfere(peer);
    peer.signal('JobRemoved', 'uoss', [7, JOB, 'x.scope', 'done']);
  });
  new SystemdManager({ native: bus.native, env: {}, user: false }).start('x.scope', [], () => false);
  return bus;
}

const makeNoSense = ['h', '!', 's', '('];

t.test('a huge signal of another peer is passed over', async (t) => {
  const huge = encodeMessage({ ...signal, signature: 'ay', body: [new Uint8Array(3 << 19)] });
  const bus = startAmong((peer) => peer.raw(huge));
  t.ok(bus.members().includes('StartTransientUnit'));
  t.equal(bus.unread(), 0, 'it was read');
});

t.test('so is one that makes no sense', async (t) => {
  for (const type of makeNoSense) {
    const bus = startAmong((peer) => peer.raw(ofType(type)));
    t.ok(bus.members().includes('StartTransientUnit'), type);
    t.equal(bus.unread(), 0, type);
  }
});

t.test('an answer that is too large, or damaged, is an error at once', async (t) => {
  const large = encodeMessage({ ...answer, signature: 'ay', body: [new Uint8Array(3 << 19)] });
  t.throws(() => startAmong((peer) => peer.raw(large)), TsruncError);
  for (const type of makeNoSense)
    t.throws(() => startAmong((peer) => peer.raw(ofType(type, answer))), TsruncError, type);
});
