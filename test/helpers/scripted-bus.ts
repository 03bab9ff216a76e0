/** A D-Bus peer in memory: says what a test wrote down, to a client that believes it has a socket. */

import { ECONNREFUSED, ENOENT, EPIPE } from '../../src/base/errno.js';
import { TsruncError } from '../../src/base/error.js';
import { decodeMessage, encodeMessage, type Message, MessageType, messageSize } from '../../src/dbus/message.js';
import type { DbusValue } from '../../src/dbus/signature.js';
import type { Native } from '../../src/native/native.js';

/** What the peer does with a call: answers, signals, or ends the connection. */
export interface Peer {
  reply(signature: string, body: DbusValue[]): void;
  refuse(name: string, text?: string): void;
  signal(member: string, signature: string, body: DbusValue[], sender?: string): void;
  /** Bytes as they are. */
  raw(bytes: Uint8Array): void;
  hangUp(): void;
}

interface Socket {
  path: string;
  input: Uint8Array;
  output: Uint8Array;
  open: boolean;
  authenticated: boolean;
}

/** Name of systemd on the bus. */
const SYSTEMD = ':1.1';
const MANAGER = 'org.freedesktop.systemd1.Manager';

function failure(syscall: string, errno: number, path = ''): TsruncError {
  return new TsruncError('system', `${syscall} ${path}: errno ${errno}`, { syscall, errno, path });
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export class ScriptedBus {
  /** Milliseconds: waiting for what never comes moves the clock on. */
  time = 1000;
  /** Sockets there are; connecting to another fails with ENOENT. */
  readonly paths: Set<string>;
  /** Refuses that many connections first. */
  refusals = 0;
  /** What the peer answers to AUTH. */
  authAnswer = 'DATA\r\nOK 0123456789abcdef\r\n';
  readonly calls: Message[] = [];
  /** Paths that were connected to. */
  readonly connects: string[] = [];
  readonly files = new Map<string, string>();
  private readonly sockets = new Map<number, Socket>();
  private next = 10;

  /** @param answer called for each call but Hello and AddMatch, which are answered */
  constructor(
    private readonly answer: (call: Message, peer: Peer, path: string) => void,
    paths = ['/run/dbus/system_bus_socket'],
  ) {
    this.paths = new Set(paths);
  }

  /** Members of the calls that came, without those that every connection begins with. */
  members(): string[] {
    return this.calls.map(({ member }) => member ?? '').filter((member) => member !== 'Hello' && member !== 'AddMatch');
  }

  /** Bytes that the client was sent and has not read. */
  unread(): number {
    return [...this.sockets.values()].reduce((sum, { output }) => sum + output.length, 0);
  }

  openSockets(): number {
    return [...this.sockets.values()].filter(({ open }) => open).length;
  }

  get native(): Native {
    const native: Partial<Native> = {
      connectStream: (path) => {
        this.connects.push(path);
        if (!this.paths.has(path)) throw failure('connect', ENOENT, path);
        if (this.refusals-- > 0) throw failure('connect', ECONNREFUSED, path);
        const fd = this.next++;
        const empty = new Uint8Array(0);
        this.sockets.set(fd, { path, input: empty, output: empty, open: true, authenticated: false });
        return fd;
      },
      send: (fd, data) => this.take(this.sockets.get(fd)!, data),
      poll: (fds, _events, timeout) => {
        const socket = this.sockets.get(fds[0]!);
        if (socket !== undefined && (socket.output.length > 0 || !socket.open)) return [1];
        this.time += Math.max(timeout, 1);
        return fds.map(() => 0);
      },
      readBytes: (fd, limit) => {
        const socket = this.sockets.get(fd)!;
        if (socket.output.length === 0 && !socket.open) return new Uint8Array(0);
        // In small pieces, as a stream may come.
        const count = Math.min(limit, 7);
        const bytes = socket.output.slice(0, count);
        socket.output = socket.output.subarray(count);
        return bytes;
      },
      close: (fd) => {
        this.sockets.get(fd)!.open = false;
      },
      clock: () => [Math.floor(this.time / 1000), (this.time % 1000) * 1e6],
      identity: () => [0, 0, 0, 0, 1, 0],
      stat: (path) => (this.paths.has(path) ? ({ mode: 0o140666 } as never) : null),
      readFileIfExists: (path) => this.files.get(path) ?? null,
    };
    return native as Native;
  }

  private take(socket: Socket, data: Uint8Array): void {
    if (!socket.open) throw failure('send', EPIPE, socket.path);
    socket.input = joined(socket.input, data);
    if (!socket.authenticated) {
      const text = Buffer.from(socket.input).toString('latin1');
      const end = text.indexOf('BEGIN\r\n');
      if (end < 0) return;
      socket.authenticated = true;
      socket.input = socket.input.slice(end + 'BEGIN\r\n'.length);
      socket.output = joined(socket.output, Buffer.from(this.authAnswer));
    }
    while (socket.input.length >= 16 && socket.input.length >= messageSize(socket.input)) {
      const size = messageSize(socket.input);
      const call = decodeMessage(socket.input.slice(0, size));
      socket.input = socket.input.slice(size);
      this.calls.push(call);
      this.serve(socket, call);
    }
  }

  private serve(socket: Socket, call: Message): void {
    const put = (message: Omit<Message, 'flags' | 'serial'>): void => {
      if (socket.open) socket.output = joined(socket.output, encodeMessage({ flags: 1, serial: 1, ...message }));
    };
    const peer: Peer = {
      reply: (signature, body) =>
        put({ type: MessageType.reply, replySerial: call.serial, sender: SYSTEMD, signature, body }),
      refuse: (name, text = 'no') =>
        put({ type: MessageType.error, errorName: name, replySerial: call.serial, signature: 's', body: [text] }),
      signal: (member, signature, body, sender = SYSTEMD) =>
        put({
          type: MessageType.signal,
          sender,
          path: '/org/freedesktop/systemd1',
          interface: MANAGER,
          member,
          signature,
          body,
        }),
      raw: (bytes) => {
        socket.output = joined(socket.output, bytes);
      },
      hangUp: () => {
        socket.open = false;
      },
    };
    if (call.member === 'Hello') peer.reply('s', [':1.5']);
    else if (call.member === 'AddMatch') peer.reply('', []);
    else this.answer(call, peer, socket.path);
  }
}
