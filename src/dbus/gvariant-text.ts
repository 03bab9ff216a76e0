/** Parses GVariant text (GLib, "GVariant Text Format"), in which annotations write D-Bus values. */

import { encodeUtf8 } from '../base/bytes.js';
import { TsruncError } from '../base/error.js';
import { type DbusValue, isSingleType, MAX_DEPTH, splitSignature, type Variant } from './signature.js';

/** A parsed value whose type isn't known yet: the type of the first item in [1, uint64 2] depends on the second. */
type Node =
  | { kind: 'number'; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'bytes'; bytes: Uint8Array }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'typed'; type: string; node: Node }
  | { kind: 'array' | 'tuple'; items: Node[] }
  | { kind: 'dictionary'; items: [Node, Node][] }
  | { kind: 'variant'; node: Node };

/** Words that may stand before a value to give its type, and the D-Bus type of each. */
const words: Readonly<Record<string, string>> = {
  boolean: 'b',
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
  double: 'd',
  string: 's',
  objectpath: 'o',
  signature: 'g',
};

/** The smallest and the greatest value of each integer type. */
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  y: [0n, 0xffn],
  n: [-0x8000n, 0x7fffn],
  q: [0n, 0xffffn],
  i: [-0x80000000n, 0x7fffffffn],
  u: [0n, 0xffffffffn],
  x: [-(1n << 63n), (1n << 63n) - 1n],
  t: [0n, (1n << 64n) - 1n],
};

/**
 * Parses a value and determines its type: 'true', "'text'", 'uint64 5', "['a', 'b']", '@as []', "(1, 'x')", "{'key':
 * <1>}". A number without a type is an int32, or a double if it has a point or an exponent.
 * @throws TsruncError 'config' that says where the text stops being valid
 */
export function parseGVariant(source: string): Variant {
  const parser = new Parser(source);
  const node = parser.document();
  const signature = typeOf(node);
  return { signature, value: convert(node, signature) };
}

class Parser {
  private at = 0;

  constructor(private readonly source: string) {}

  document(): Node {
    const node = this.node(0);
    this.space();
    if (this.at < this.source.length) throw this.error('nothing more was to come');
    return node;
  }

  private node(depth: number): Node {
    if (depth > MAX_DEPTH) throw this.error('it is nested too deeply');
    this.space();
    const text = this.match(/b?'(?:[^'\\]|\\[\s\S])*'|b?"(?:[^"\\]|\\[\s\S])*"/y);
    if (text !== undefined) return this.quoted(text);
    const number = this.match(/[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y);
    if (number !== undefined) return { kind: 'number', text: number };
    if (this.take('[')) return { kind: 'array', items: this.list(']', () => this.node(depth + 1)) };
    if (this.take('(')) return { kind: 'tuple', items: this.list(')', () => this.node(depth + 1)) };
    if (this.take('{')) return { kind: 'dictionary', items: this.list('}', () => this.entry(depth + 1)) };
    if (this.take('<')) {
      const node = this.node(depth + 1);
      if (!this.take('>')) throw this.error('> is missing');
      return { kind: 'variant', node };
    }
    if (this.take('@')) {
      const type = this.match(/[a-z(){}]+/y) ?? '';
      if (!isSingleType(type)) throw this.error(`@${type} is no type`);
      return { kind: 'typed', type, node: this.node(depth + 1) };
    }
    const word = this.match(/[a-z][a-z0-9]*/y) ?? '';
    if (word === 'true' || word === 'false') return { kind: 'boolean', value: word === 'true' };
    const type = Object.hasOwn(words, word) ? words[word] : undefined;
    if (type === undefined)
      throw this.error(word === '' ? 'a value is missing' : `${word} is no value; text stands in quotes`);
    return { kind: 'typed', type, node: this.node(depth + 1) };
  }

  private entry(depth: number): [Node, Node] {
    const key = this.node(depth);
    if (!this.take(':')) throw this.error(': is missing');
    return [key, this.node(depth)];
  }

  private list<T>(end: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.take(end)) {
      if (items.length > 0 && !this.take(',')) throw this.error(`, or ${end} is missing`);
      // A comma may stand before the end: a tuple of one item is written (1,).
      if (items.length > 0 && this.take(end)) break;
      items.push(item());
    }
    return items;
  }

  private quoted(text: string): Node {
    const bytes = text.startsWith('b');
    const inner = text.slice(bytes ? 2 : 1, -1);
    const plain = inner.replace(
      /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
      (_, short: string | undefined, long: string | undefined, octal: string | undefined, one: string | undefined) => {
        const hex = short ?? long;
        if (hex !== undefined) return this.character(Number.parseInt(hex, 16));
        if (octal !== undefined && bytes) return String.fromCharCode(Number.parseInt(octal, 8));
        const letter = one ?? octal ?? '';
        return { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }[letter] ?? letter;
      },
    );
    if (!bytes) return { kind: 'text', text: plain };
    // A byte string ends with a zero byte.
    const codes =
      bytes && /[^\0-\xff]/.test(plain) ? encodeUtf8(plain) : Uint8Array.from(plain, (c) => c.charCodeAt(0));
    return { kind: 'bytes', bytes: Uint8Array.from([...codes, 0]) };
  }

  private character(point: number): string {
    if (point > 0x10ffff) throw this.error('there is no such character');
    return String.fromCodePoint(point);
  }

  private take(token: string): boolean {
    this.space();
    if (!this.source.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private space(): void {
    while (' \t\r\n'.includes(this.source.charAt(this.at)) && this.at < this.source.length) this.at++;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private error(why: string): TsruncError {
    return noValue(`${why}, at ${JSON.stringify(this.source.slice(this.at, this.at + 20))}`);
  }
}

/** The type of a value, judged by itself. */
function typeOf(node: Node): string {
  switch (node.kind) {
    case 'number':
      return isWhole(node.text) ? 'i' : 'd';
    case 'text':
      return 's';
    case 'bytes':
      return 'ay';
    case 'boolean':
      return 'b';
    case 'typed':
      return node.type;
    case 'variant':
      return 'v';
    case 'tuple':
      if (node.items.length === 0) throw noValue('D-Bus has no empty tuple');
      return `(${node.items.map(typeOf).join('')})`;
    case 'array':
      return `a${common(node.items)}`;
    case 'dictionary':
      return `a{${common(node.items.map(([key]) => key))}${common(node.items.map(([, value]) => value))}}`;
  }
}

/**
 * The common type of several values: that of the first with an explicit type, else one with a double, else the first's.
 */
function common(nodes: readonly Node[]): string {
  if (nodes.length === 0) throw noValue('an empty list needs its type before it, e.g. @as []');
  const types = [...new Set(nodes.map(typeOf))];
  const said = nodes.find((node) => saysType(node));
  return said === undefined ? (types.find((type) => type.includes('d')) ?? types[0]!) : typeOf(said);
}

function saysType(node: Node): boolean {
  if (node.kind === 'typed') return true;
  if (node.kind === 'array' || node.kind === 'tuple') return node.items.some(saysType);
  return node.kind === 'dictionary' && node.items.some((entry) => entry.some(saysType));
}

/** Converts a parsed value to a value of `type`. Throws 'config' if it can't be of that type. */
function convert(node: Node, type: string): DbusValue {
  const wrong = (): TsruncError => noValue(`not every value is of the type ${type}`);
  switch (node.kind) {
    case 'number':
      return numberOf(node.text, type);
    case 'text':
      if (!'sog'.includes(type)) throw wrong();
      if (type === 'o' && !/^(?:\/|(?:\/[A-Za-z0-9_]+)+)$/.test(node.text)) throw noValue('no object path');
      if (type === 'g' && splitSignature(node.text) === undefined) throw noValue('no signature');
      if (node.text.includes('\0')) throw noValue('a NUL in a text');
      return node.text;
    case 'bytes':
      if (type !== 'ay') throw wrong();
      return node.bytes;
    case 'boolean':
      if (type !== 'b') throw wrong();
      return node.value;
    case 'typed':
      if (type !== node.type) throw wrong();
      return convert(node.node, type);
    case 'variant': {
      if (type !== 'v') throw wrong();
      const signature = typeOf(node.node);
      return { signature, value: convert(node.node, signature) };
    }
    case 'tuple': {
      const types = type.startsWith('(') ? splitSignature(type.slice(1, -1)) : undefined;
      if (types?.length !== node.items.length) throw wrong();
      return node.items.map((item, i) => convert(item, types[i]!));
    }
    case 'array': {
      if (!type.startsWith('a') || type.startsWith('a{')) throw wrong();
      const items = node.items.map((item) => convert(item, type.slice(1)));
      return type === 'ay' ? Uint8Array.from(items as number[]) : items;
    }
    case 'dictionary': {
      const types = type.startsWith('a{') ? splitSignature(type.slice(2, -1)) : undefined;
      if (types?.length !== 2) throw wrong();
      return node.items.map(([key, value]) => [convert(key, types[0]!), convert(value, types[1]!)]);
    }
  }
}

function isWhole(text: string): boolean {
  return /^[+-]?(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text);
}

function numberOf(text: string, type: string): number | bigint {
  if (type === 'd') return Number(text);
  const range = Object.hasOwn(ranges, type) ? ranges[type] : undefined;
  if (range === undefined || !isWhole(text)) throw noValue(`${text} is not of the type ${type}`);
  const digits = text.replace(/^[+-]/, '');
  // As in C, a number with a leading zero is octal.
  const size = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = text.startsWith('-') ? -size : size;
  if (value < range[0] || value > range[1])
    throw noValue(`${text} is beyond what the type ${type} holds; e.g. uint64 ${text}`);
  return type === 'x' || type === 't' ? value : Number(value);
}

function noValue(why: string): TsruncError {
  return new TsruncError('config', why);
}
