/**
 * A systemd on a unix socket, as far as the driver talks to one: `node fake-systemd.js SOCKET CGROUP2-MOUNT LOG`. Units are
 * directories of the cgroup2 mount. Every call goes to LOG, a line of JSON each. Prints a line when it listens.
 *
 * The environment says what goes wrong: HANG_UP=MEMBER ends the connection at the first such call, once it was carried out.
 */
import { appendFileSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { expandSlice } from '../../src/cgroup/systemd/unit-name.js';
import { decodeMessage, encodeMessage, type Message, MessageType, messageSize } from '../../src/dbus/message.js';
import type { DbusValue, Variant } from '../../src/dbus/signature.js';

const [socketPath = '', mount = '', log = ''] = process.argv.slice(2);
const units = new Map<string, string>();
let faults = process.env.HANG_UP ? 1 : 0;
let jobs = 0;

class Refusal extends Error {}

type Properties = [string, Variant][];

function start(unit: string, properties: Properties): void {
  if (units.has(unit)) throw new Refusal('org.freedesktop.systemd1.UnitExists');
  const property = (name: string) => properties.find(([key]) => key === name)?.[1].value;
  const path = unit.endsWith('.slice') ? expandSlice(unit) : `${expandSlice(property('Slice') as string)}/${unit}`;
  const directory = mount + path;
  mkdirSync(directory, { recursive: true });
  for (const pid of (property('PIDs') ?? []) as number[]) writeFileSync(`${directory}/cgroup.procs`, String(pid));
  units.set(unit, directory);
}

function stop(unit: string): void {
  const directory = units.get(unit);
  if (directory === undefined) throw new Refusal('org.freedesktop.systemd1.NoSuchUnit');
  units.delete(unit);
  for (const path of [directory, dirname(directory)])
    try {
      rmdirSync(path);
    } catch {
      // Not empty: other units are in the slice.
    }
}

const unitPath = (unit: string): string => `/org/freedesktop/systemd1/unit/x${Buffer.from(unit).toString('hex')}`;

/** Of the unit with that object path; '' is the manager's. */
function controlGroup(path: string): string {
  const [, directory = mount] = [...units].find(([unit]) => unitPath(unit) === path) ?? [];
  return directory.slice(mount.length);
}

const variant = (signature: string, value: DbusValue): DbusValue[] => [{ signature, value }];

/** What a call answers: type, values, and the job that ends with it. */
function serve({ member, body, path = '' }: Message): { signature: string; body: DbusValue[]; job?: string } {
  const unit = String(body[0]);
  switch (member) {
    case 'Hello':
      return { signature: 's', body: [':1.1'] };
    case 'Get': {
      const values: Record<string, DbusValue[]> = {
        Version: variant('s', '257.9-1'),
        ControlGroup: variant('s', controlGroup(path)),
        Job: variant('(uo)', [0, '/']),
        ActiveState: variant('s', 'active'),
      };
      return { signature: 'v', body: values[String(body[1])] ?? variant('s', '') };
    }
    case 'GetUnit':
      if (!units.has(unit)) throw new Refusal('org.freedesktop.systemd1.NoSuchUnit');
      return { signature: 'o', body: [unitPath(unit)] };
    case 'StartTransientUnit':
    case 'StopUnit': {
      if (member === 'StopUnit') stop(unit);
      else start(unit, body[2] as unknown as Properties);
      const job = `/org/freedesktop/systemd1/job/${++jobs}`;
      return { signature: 'o', body: [job], job };
    }
    case 'SetUnitProperties':
      if (!units.has(unit)) throw new Refusal('org.freedesktop.systemd1.NoSuchUnit');
      return { signature: '', body: [] };
    default:
      return { signature: '', body: [] };
  }
}

function answer(socket: Socket, call: Message): void {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  appendFileSync(log, `${JSON.stringify({ member: call.member, body: call.body }, plain)}\n`);
  const put = (message: Omit<Message, 'flags' | 'serial'>) =>
    socket.write(encodeMessage({ flags: 1, serial: 1, ...message }));
  const replySerial = call.serial;
  try {
    const { signature, body, job } = serve(call);
    if (call.member === process.env.HANG_UP && faults-- > 0) {
      socket.end();
      return;
    }
    put({ type: MessageType.reply, replySerial, signature, body });
    if (job === undefined) return;
    const [path, of] = ['/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
    const values = [jobs, job, String(call.body[0]), 'done'];
    put({ type: MessageType.signal, path, interface: of, member: 'JobRemoved', signature: 'uoss', body: values });
  } catch (error) {
    const errorName = error instanceof Refusal ? error.message : 'org.freedesktop.DBus.Error.Failed';
    put({ type: MessageType.error, replySerial, errorName, signature: 's', body: [String(error)] });
  }
}

createServer((socket) => {
  let input = Buffer.alloc(0);
  let authenticated = false;
  socket.on('error', () => {});
  socket.on('data', (data) => {
    input = Buffer.concat([input, data]);
    const begin = 'BEGIN\r\n';
    const end = authenticated ? -1 : input.indexOf(begin);
    if (end >= 0) {
      authenticated = true;
      input = input.subarray(end + begin.length);
      socket.write('DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n');
    }
    while (authenticated && input.length >= 16 && input.length >= messageSize(input)) {
      const size = messageSize(input);
      const call = decodeMessage(Uint8Array.from(input.subarray(0, size)));
      input = input.subarray(size);
      answer(socket, call);
    }
  });
}).listen(socketPath, () => console.log('listening'));
