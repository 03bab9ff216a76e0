/** A small D-Bus client. */
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

/** A method call without the parts that the connection fills in. */
export interface Call {
  destination: string;
  path: string;
  interface: string;
  member: string;
  /** D-Bus types of the arguments in `body`; '' or left out for none. */
  signature?: string;
  body?: readonly DbusValue[];
}

/** Longest line that is accepted during authentication. */
const MAX_LINE = 4096;
/** How many of the last signals are kept until signal() asks for them. Older ones are dropped. */
const MAX_SIGNALS = 1024;
/** How many bytes are read at a time. */
const CHUNK = 16 << 10;

/**
 * A D-Bus connection over a unix socket, with as much as a client needs that makes a few calls and waits for signals.
 * Deadlines are milliseconds of CLOCK_MONOTONIC (now()).
 *
 * Methods that send or receive throw TsruncError 'system': with ECONNRESET or EPIPE when the other end is gone, with
 * ETIMEDOUT at the deadline.
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
   * Connects and authenticates.
   *
   * We send an empty identity, and the other end takes our uid from the socket (SO_PEERCRED): in a user namespace the
   * uid that we know is not the host's (D-Bus specification, "EXTERNAL").
   * @param socket path, or @ and the name of an abstract socket
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

  /** Queues a call and returns its serial number. The queue is sent when reply() or signal() next has to wait. */
  post(call: Call): number {
    const serial = ++this.serial;
    const { signature = '', body = [], ...header } = call;
    this.outgoing.push(encodeMessage({ type: MessageType.call, flags: 0, serial, ...header, signature, body }));
    this.expected.add(serial);
    return serial;
  }

  /** Waits for the answer to the call with this serial number, a message of the type reply or error. */
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

  /**
   * Waits for a signal that `accept` returns true for; earlier ones that were kept count too. Other signals stay
   * queued.
   */
  signal(accept: (message: Message) => boolean, deadline: number): Message {
    for (;;) {
      const index = this.signals.findIndex(accept);
      if (index >= 0) return this.signals.splice(index, 1)[0]!;
      this.receive(deadline);
    }
  }

  /** Closes the socket. Closing twice does no harm. */
  close(): void {
    if (this.descriptor >= 0) this.native.close(this.descriptor);
    this.descriptor = -1;
  }

  private flush(): void {
    const parts = this.outgoing;
    this.outgoing = [];
    if (parts.length > 0) this.native.send(this.descriptor, joinBytes(parts));
  }

  /** Sends the queue, receives one message and keeps it if it is a signal or an answer that we expect. */
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

  /** Skips a message that is too large: anyone on the system bus may send us a signal, as large as the bus allows. */
  private skip(size: number, deadline: number): void {
    if (isAnswer(this.incoming)) throw damaged(`an answer of ${size} bytes`);
    for (let left = size; ; this.fill(deadline)) {
      const count = Math.min(left, this.incoming.length);
      this.incoming = this.incoming.subarray(count);
      left -= count;
      if (left === 0) return;
    }
  }

  /** Receives one line of the authentication, and returns it without its end. */
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

  /** Waits for data and appends it to `incoming`. */
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

/**
 * Decodes a message. Undefined for one that can't be decoded, unless it is an answer: anyone may send us invalid
 * signals.
 */
function readable(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof TsruncError && !isAnswer(bytes)) return undefined;
    throw error;
  }
}
