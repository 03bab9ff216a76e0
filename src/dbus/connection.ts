import { encodeUtf8, joinBytes } from '../base/bytes.js';
import { ECONNRESET, ETIMEDOUT } from '../base/errno.js';
import { TsruncError } from '../base/error.js';
import { now } from '../native/clock.js';
import { POLLIN } from '../native/flags.js';
import type { Native } from '../native/native.js';
import {
  decodeMessage,
  encodeMessage,
  HEADER_SIZE,
  isAnswer,
  MAX_WANTED,
  type Message,
  MessageType,
  messageSize,
} from './message.js';
import type { DbusValue } from './signature.js';
import { damaged } from './unmarshal.js';

/** A method call. */
export interface Call {
  destination: string;
  path: string;
  interface: string;
  member: string;
  /** Type of the arguments; '' or left out: none. */
  signature?: string;
  body?: readonly DbusValue[];
}

/** Longest line of the authentication. */
const MAX_LINE = 4096;
/** Signals that are kept until somebody asks for them; more of them are never waited for at a time. */
const MAX_SIGNALS = 1024;
const CHUNK = 16 << 10;

/**
 * A D-Bus connection over a unix socket, as far as a client needs that makes a few calls and waits for signals. Deadlines
 * are milliseconds of CLOCK_MONOTONIC (see now()).
 *
 * Every function throws TsruncError 'system': with ECONNRESET or EPIPE when the other end is gone, with ETIMEDOUT at the deadline.
 */
export class Connection {
  private serial = 0;
  private outgoing: Uint8Array[] = [];
  private incoming: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  private readonly expected = new Set<number>();
  private readonly replies = new Map<number, Message>();
  private signals: Message[] = [];

  private constructor(
    private readonly native: Native,
    private descriptor: number,
    readonly socket: string,
  ) {}

  /**
   * Connects and authenticates as who we are.
   *
   * The identity is left to the other end, which has it from SO_PEERCRED: in a user namespace our own number for it is not
   * the host's (D-Bus specification, "EXTERNAL": an empty authorization identity).
   */
  static open(native: Native, socket: string, deadline: number): Connection {
    const fd = native.connectStream(socket, Math.max(1, Math.ceil(deadline - now(native))));
    const connection = new Connection(native, fd, socket);
    try {
      native.send(fd, encodeUtf8('\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n'));
      for (let line = connection.line(deadline); !line.startsWith('OK '); line = connection.line(deadline)) {
        if (line !== 'DATA' && line !== 'DATA ')
          throw new TsruncError('system', `D-Bus: ${socket} refuses us: ${JSON.stringify(line)}`, { path: socket });
      }
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  /** Queues a call; it goes out together with the others of the queue when something is waited for. Returns its number. */
  post(call: Call): number {
    const serial = ++this.serial;
    const { signature = '', body = [], ...header } = call;
    this.outgoing.push(encodeMessage({ type: MessageType.call, flags: 0, serial, ...header, signature, body }));
    this.expected.add(serial);
    return serial;
  }

  /** The reply to a call: type reply or error. */
  reply(serial: number, deadline: number): Message {
    for (;;) {
      const found = this.replies.get(serial);
      if (found !== undefined) {
        this.replies.delete(serial);
        return found;
      }
      this.receive(deadline);
    }
  }

  /** The first signal that has come, or comes, that `accept` takes; those before it stay for others. */
  signal(accept: (message: Message) => boolean, deadline: number): Message {
    for (;;) {
      const index = this.signals.findIndex(accept);
      if (index >= 0) return this.signals.splice(index, 1)[0]!;
      this.receive(deadline);
    }
  }

  close(): void {
    if (this.descriptor >= 0) this.native.close(this.descriptor);
    this.descriptor = -1;
  }

  private flush(): void {
    const parts = this.outgoing;
    this.outgoing = [];
    if (parts.length > 0) this.native.send(this.descriptor, joinBytes(parts));
  }

  /** Takes the next message in, whatever it is. */
  private receive(deadline: number): void {
    this.flush();
    while (this.incoming.length < HEADER_SIZE) this.fill(deadline);
    const size = messageSize(this.incoming);
    if (size > MAX_WANTED) {
      this.skip(size, deadline);
      return;
    }
    while (this.incoming.length < size) this.fill(deadline);
    const bytes = this.incoming.slice(0, size);
    this.incoming = this.incoming.subarray(size);
    const message = readable(bytes);
    if (message === undefined) return;
    const to = message.replySerial;
    if (message.type === MessageType.signal) {
      this.signals = [...this.signals.slice(-MAX_SIGNALS), message];
    } else if (to !== undefined && this.expected.delete(to)) this.replies.set(to, message);
  }

  /** Passes over a message: any peer of the system bus may send us a signal, as large as the bus lets it. */
  private skip(size: number, deadline: number): void {
    if (isAnswer(this.incoming)) throw damaged(`an answer of ${size} bytes`);
    for (let left = size; ; this.fill(deadline)) {
      const count = Math.min(left, this.incoming.length);
      this.incoming = this.incoming.subarray(count);
      left -= count;
      if (left === 0) return;
    }
  }

  /** A line of the authentication, without its end. */
  private line(deadline: number): string {
    for (;;) {
      const end = this.incoming.indexOf(0x0a);
      if (end >= 0) {
        const line = String.fromCharCode(...this.incoming.subarray(0, end));
        this.incoming = this.incoming.subarray(end + 1);
        return line.replace(/\r$/, '');
      }
      if (this.incoming.length > MAX_LINE)
        throw new TsruncError('system', `D-Bus: ${this.socket} doesn't speak it`, { path: this.socket });
      this.fill(deadline);
    }
  }

  /** Adds what comes next to `incoming`. */
  private fill(deadline: number): void {
    const left = deadline - now(this.native);
    if (left <= 0 || this.native.poll([this.descriptor], [POLLIN], Math.ceil(left))[0] === 0) {
      throw new TsruncError('system', `D-Bus: no answer from ${this.socket}`, { path: this.socket, errno: ETIMEDOUT });
    }
    const bytes = this.native.readBytes(this.descriptor, CHUNK);
    if (bytes.length === 0) {
      throw new TsruncError('system', `D-Bus: ${this.socket} closed the connection`, {
        path: this.socket,
        errno: ECONNRESET,
      });
    }
    this.incoming = joinBytes([this.incoming, bytes]);
  }
}

/** A message; nothing for a signal, of whoever, that makes no sense to us: it may hold types that we don't know. */
function readable(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof TsruncError && !isAnswer(bytes)) return undefined;
    throw error;
  }
}
