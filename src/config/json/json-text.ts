/**
 * Parses JSON text, and finds the line and column of a value. JSON.parse does the parsing; the scanner of json-scan.ts, which knows
 * places but is twenty times slower, runs only when a message needs one.
 */
import type { Position } from '../../base/error.js';
import { joinPointer, splitPointer } from '../../base/json-pointer.js';
import type { Int } from '../spec.js';
import { integerOf, JsonSyntaxError, type Place, scanJson } from './json-scan.js';

/** A parsed text. */
export interface JsonText {
  readonly value: unknown;
  /** Where the value that a JSON pointer names begins. If it isn't there: where the smallest value around it begins. */
  positionOf(pointer: string): Position | undefined;
}

/** The fewest digits of an integer beyond 2^53, 9007199254740992. */
const longDigits = 16;
/** Begins the strings that stand for such integers while JSON.parse runs; the digits follow. */
const mark = '\ue000integer ';
/** Its first character, as it is or escaped: a text that has it may have a string that begins like a mark. */
const possibleMark = /\ue000|\\u[eE]000/;

/**
 * Parses text. Integers beyond 2^53 become bigints and are exact. When members of an object have the same name, the value has the
 * last one; checkNames of check-names.ts refuses such a text.
 * @param exact false allows to give the nearest number for such integers, which Number.isSafeInteger then tells from others
 * @throws JsonSyntaxError
 */
export function parseJson(text: string, exact = true): JsonText {
  let places: Place | undefined;
  let value: unknown;
  try {
    value = exact ? parseExact(text) : JSON.parse(text);
  } catch {
    // Throws with the place and with what would be right. It returns only for what the engine's own parser is too limited for.
    const scanned = scanJson(text);
    value = scanned.value;
    places = scanned.place;
  }
  let layout: Layout | undefined;
  return {
    value,
    positionOf(pointer) {
      try {
        places ??= scanJson(text).place;
      } catch (error) {
        if (error instanceof JsonSyntaxError) return undefined;
        throw error;
      }
      layout ??= layoutOf(text);
      return positionAt(text, placeOf(places, pointer).start, layout);
    },
  };
}

/**
 * The members whose name an object in text has more than once: the JSON pointer of each, and where its values begin.
 * @throws JsonSyntaxError
 */
export function repeatedNames(text: string): { pointer: string; positions: Position[] }[] {
  const layout = layoutOf(text);
  return scanJson(text).repeated.map(({ path, starts }) => ({
    pointer: joinPointer('', ...path),
    positions: starts.map((start) => positionAt(text, start, layout)),
  }));
}

/**
 * JSON.parse with exact integers: long ones are written as marked strings for it, and become integers again afterwards. Digits
 * within a string may get marked too; but the quote before the mark then ends that string, which is a syntax error, and the caller
 * parses the text in the slow way. So nothing else is ever taken for an integer.
 */
function parseExact(text: string): unknown {
  const marked = markLongIntegers(text);
  if (marked === text) return JSON.parse(text);
  if (possibleMark.test(text)) throw new JsonSyntaxError('the mark may be in the text', 0);
  const top = [JSON.parse(marked)];
  // A list instead of recursion: parts that the schemas don't know may be nested so deeply that the stack would overflow.
  const left: object[] = [top];
  for (let holder = left.pop(); holder !== undefined; holder = left.pop()) {
    const members = holder as Record<string, unknown>;
    for (const name of Object.keys(holder)) {
      const inner = members[name];
      if (typeof inner === 'object' && inner !== null) left.push(inner);
      else if (typeof inner === 'string' && inner.startsWith(mark))
        members[name] = exactInteger(inner.slice(mark.length));
    }
  }
  return top[0];
}

/** The text with every long integer made a marked string. Whether digits are an integer is judged by the characters around them. */
function markLongIntegers(text: string): string {
  let out = '';
  let from = 0;
  // A run of 16 or more digits covers every 16th place of the text at least once: no other place has to be looked at.
  for (let at = longDigits - 1; at < text.length; at += longDigits) {
    if (!isDigit(text.charCodeAt(at))) continue;
    let start = at;
    let end = at + 1;
    while (start > from && isDigit(text.charCodeAt(start - 1))) start--;
    while (end < text.length && isDigit(text.charCodeAt(end))) end++;
    if (end - start < longDigits) continue;
    if (text[start - 1] === '-') start--;
    if (/[:,[\s]/.test(text[start - 1] ?? ' ') && /[,}\]\s]/.test(text[end] ?? ' ')) {
      out += `${text.slice(from, start)}"${mark}${text.slice(start, end)}"`;
      from = end;
    }
    at = Math.max(at, end - longDigits);
  }
  return from === 0 ? text : out + text.slice(from);
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** The value of an integer's digits. Refuses a leading zero, which JSON doesn't allow and the marked string has hidden. */
function exactInteger(digits: string): Int {
  if (/^-?0/.test(digits)) throw new JsonSyntaxError('a leading zero', 0);
  return integerOf(digits);
}

/**
 * The line and column of an offset in text, both from 1. The offset is in UTF-16 units, the column in characters.
 * @param layout of text, when the caller has it already
 */
export function positionAt(text: string, offset: number, layout: Layout = layoutOf(text)): Position {
  const line = countUpTo(layout.lines, offset);
  const start = layout.lines[line - 1] ?? 0;
  const pairs = countUpTo(layout.pairs, offset - 1) - countUpTo(layout.pairs, start - 1);
  return { line, column: offset - start - pairs + 1 };
}

/** The offsets at which lines begin, and those of the second halves of surrogate pairs, both ascending. */
interface Layout {
  readonly lines: readonly number[];
  readonly pairs: readonly number[];
}

function layoutOf(text: string): Layout {
  const lines = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.push(at + 1);
  const pairs: number[] = [];
  for (const { index } of text.matchAll(/[\ud800-\udbff][\udc00-\udfff]/g)) pairs.push(index + 1);
  return { lines, pairs };
}

/** How many of the ascending offsets are not greater than offset. */
function countUpTo(offsets: readonly number[], offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function placeOf(root: Place, pointer: string): Place {
  let place = root;
  for (const name of splitPointer(pointer)) {
    const inner =
      place.members?.get(name) ?? (place.items && /^[0-9]+$/.test(name) ? place.items[Number(name)] : undefined);
    if (inner === undefined) return place;
    place = inner;
  }
  return place;
}
