/** A JSON parser that knows the place of every value, says in words what is wrong, and keeps integers exact. */

import { quote, shorten } from '../../base/quote.js';
import type { Int } from '../spec.js';

/** Where a value begins, as an offset in the text, and the places of the values within it. */
export interface Place {
  readonly start: number;
  readonly members?: ReadonlyMap<string, Place>;
  readonly items?: readonly Place[];
}

/** A name that an object has more than once. */
export interface Repeated {
  /** Names and indexes that lead to the member: the parts of its JSON pointer. */
  readonly path: readonly (string | number)[];
  /** The offsets at which its values begin, in order. */
  readonly starts: readonly number[];
}

/** A mistake in the syntax of a text; offset is its place, in UTF-16 units. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

/** Deeper nesting than this is refused: nothing needs it, and it would exhaust the stack. */
const depthLimit = 128;

/**
 * The value of an integer's digits, exact beyond 2^53. One of more than 308 digits is infinite, as 1e309 is: a bigint of
 * millions of digits would take the memory of the whole text several times, and every field refuses both.
 */
export function integerOf(digits: string): Int {
  const number = Number(digits);
  return Number.isSafeInteger(number) || !Number.isFinite(number) ? number : BigInt(digits);
}

/**
 * Parses JSON (RFC 8259). Returns the value, where it and everything in it stands, and the names that were given more than once, of
 * which the value has the last.
 * @throws JsonSyntaxError for the first mistake
 */
export function scanJson(text: string): { value: unknown; place: Place; repeated: readonly Repeated[] } {
  const scanner = new Scanner(text);
  return { ...scanner.document(), repeated: scanner.repeated };
}

interface Scanned {
  value: unknown;
  place: Place;
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** Characters that may stand in a string without an escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has no control characters in strings.
const plainText = /[^"\\\u0000-\u001f]*/y;
const white = /[ \t\r\n]*/y;
const wordPattern = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const literals = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Scanner {
  private readonly text: string;
  private at = 0;
  /** Names and indexes that lead to the value being read. */
  private readonly path: (string | number)[] = [];
  readonly repeated: Repeated[] = [];

  constructor(text: string) {
    this.text = text;
  }

  document(): Scanned {
    if (this.text.charCodeAt(0) === 0xfeff) {
      this.fail('begins with a byte order mark; JSON must be UTF-8 without one');
    }
    this.space();
    if (this.at === this.text.length) this.fail('is empty; must be a JSON object', 0);
    const scanned = this.value();
    this.space();
    if (this.at < this.text.length) this.fail(`${this.here()} after the end of the JSON value; nothing may follow it`);
    return scanned;
  }

  private value(): Scanned {
    const start = this.at;
    switch (this.text[start]) {
      case '{':
        return this.object(start);
      case '[':
        return this.array(start);
      case '"':
        return { value: this.string(), place: { start } };
      default:
        return { value: this.scalar(), place: { start } };
    }
  }

  private enter(): void {
    if (this.path.length >= depthLimit) this.fail(`objects and arrays are nested deeper than ${depthLimit} levels`);
    this.at++;
    this.space();
  }

  private object(start: number): Scanned {
    const value: Record<string, unknown> = {};
    const members = new Map<string, Place>();
    const repeated = new Map<string, number[]>();
    this.enter();
    while (this.text[this.at] !== '}') {
      if (this.text[this.at] !== '"') this.fail(`${this.here()} where a name in double quotes or "}" must stand`);
      const name = this.string();
      this.space();
      if (this.text[this.at] !== ':') this.fail(`${this.here()} after the name ${quote(name)}; must be ":"`);
      this.at++;
      this.space();
      this.path.push(name);
      const member = this.value();
      const earlier = members.get(name);
      if (earlier !== undefined) this.noteRepeated(name, repeated, earlier, member.place);
      this.path.pop();
      // JSON.parse makes a plain member of the name `__proto__`; an assignment would set the object's prototype.
      if (name === '__proto__') {
        Object.defineProperty(value, name, {
          value: member.value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      } else value[name] = member.value;
      members.set(name, member.place);
      this.separator('}');
    }
    this.at++;
    return { value, place: { start, members } };
  }

  /** Notes that the object being read has name once more. starts: for each repeated name of this object, where its values begin. */
  private noteRepeated(name: string, starts: Map<string, number[]>, earlier: Place, later: Place): void {
    const known = starts.get(name);
    if (known !== undefined) {
      known.push(later.start);
      return;
    }
    const both = [earlier.start, later.start];
    starts.set(name, both);
    this.repeated.push({ path: [...this.path], starts: both });
  }

  private array(start: number): Scanned {
    const value: unknown[] = [];
    const items: Place[] = [];
    this.enter();
    while (this.text[this.at] !== ']') {
      this.path.push(items.length);
      const item = this.value();
      this.path.pop();
      value.push(item.value);
      items.push(item.place);
      this.separator(']');
    }
    this.at++;
    return { value, place: { start, items } };
  }

  /** Reads a comma, after which another member or item must follow, or stops at the end of the object or array. */
  private separator(end: '}' | ']'): void {
    this.space();
    const comma = this.at;
    if (this.text[comma] === ',') {
      this.at++;
      this.space();
      if (this.text[this.at] === end) this.fail(`"," before "${end}"; the last one must have no comma after it`, comma);
    } else if (this.text[comma] !== end) {
      this.fail(`${this.here()} where "," or "${end}" must stand`);
    }
  }

  private string(): string {
    const start = this.at;
    let out = '';
    let from = ++this.at;
    for (;;) {
      plainText.lastIndex = this.at;
      plainText.test(this.text);
      this.at = plainText.lastIndex;
      const unit = this.text.charCodeAt(this.at);
      if (unit === 0x22) {
        out += this.text.slice(from, this.at++);
        return out;
      }
      if (unit === 0x5c) {
        out += this.text.slice(from, this.at);
        out += this.escape();
        from = this.at;
      } else if (this.at < this.text.length) {
        if (unit === 0x0a || unit === 0x0d)
          this.fail('a string is not closed on its line; must end with a double quote', start);
        this.fail(`${this.here()} in a string; control characters must be written as \\u00XX`);
      } else this.fail('a string is not closed; must end with a double quote', start);
    }
  }

  private escape(): string {
    const letter = this.text[this.at + 1] ?? '';
    const plain = escapes[letter];
    if (plain !== undefined) {
      this.at += 2;
      return plain;
    }
    const digits = this.text.slice(this.at + 2, this.at + 6);
    if (letter !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) {
      this.fail(`"\\${letter}" in a string is no escape; must be one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX`);
    }
    this.at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private scalar(): unknown {
    const start = this.at;
    numberPattern.lastIndex = start;
    const number = numberPattern.exec(this.text);
    if (number) {
      this.at += number[0].length;
      const next = this.text[this.at] ?? '';
      if (/[0-9A-Za-z_.+-]/.test(next)) {
        this.fail(
          'a number is not written as JSON wants it; must be decimal, without leading zeros or underscores',
          start,
        );
      }
      const whole = number[1] === undefined && number[2] === undefined;
      return whole ? integerOf(number[0]) : Number(number[0]);
    }
    wordPattern.lastIndex = start;
    const word = wordPattern.exec(this.text)?.[0];
    if (word !== undefined && literals.has(word)) {
      this.at += word.length;
      return literals.get(word);
    }
    if (word !== undefined) this.fail(`${shorten(word)} is no JSON value; text must stand in double quotes`);
    this.fail(`${this.here()} where a value must stand`);
  }

  private space(): void {
    if (this.text.charCodeAt(this.at) > 0x20) return;
    white.lastIndex = this.at;
    white.test(this.text);
    this.at = white.lastIndex;
  }

  /** What stands at the current offset, in the words of a message. */
  private here(): string {
    const point = this.text.codePointAt(this.at);
    if (point === undefined) return 'the file ends';
    if (this.text.startsWith('//', this.at) || this.text.startsWith('/*', this.at))
      return 'a comment (JSON has none) stands';
    if (point === 0x22) return 'a string stands';
    if (point === 0x27) return "' (a single quote) stands";
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || point === 0xfeff || point === 0xfffd) {
      return `the character U+${point.toString(16).toUpperCase().padStart(4, '0')} stands`;
    }
    return `"${String.fromCodePoint(point)}" stands`;
  }

  private fail(message: string, offset = this.at): never {
    throw new JsonSyntaxError(message, offset);
  }
}
