/**
 * JSON text to values. JSON.parse does the work; the scanner of json-scan.ts, which knows positions and is twenty times
 * slower, runs only when there is an error to place.
 */
import type { Position } from '../../base/error.js';
import { joinPointer, splitPointer } from '../../base/json-pointer.js';
import type { Int } from '../spec.js';
import { JsonSyntaxError, type Place, scanJson } from './json-scan.js';

export interface JsonText {
  readonly value: unknown;
  /** Where the value that pointer names begins; for one that isn't there, where the nearest one around it begins. */
  positionOf(pointer: string): Position | undefined;
}

/** The fewest digits of an integer beyond 2^53, 9007199254740992. */
const longDigits = 16;
/** Stands before the digits of such an integer while JSON.parse sees it as a string. */
const mark = '\ue000integer ';

/**
 * Parses text. Integers beyond 2^53 are exact, as bigint. Of members with the same name the last one is in the value;
 * checkNames of check-names.ts refuses them. Throws JsonSyntaxError.
 * @param exact false: such integers may come as the nearest number, which Number.isSafeInteger tells from others
 */
export function parseJson(text: string, exact = true): JsonText {
  let places: Place | undefined;
  let value: unknown;
  try {
    value = exact ? parseExact(text) : JSON.parse(text);
  } catch {
    // Throws, with the position and what would be right; only a limit of the engine's own parser gets past it.
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

/** The names that text gives more than once to an object, with the places of their values. Throws JsonSyntaxError. */
export function repeatedNames(text: string): { pointer: string; positions: Position[] }[] {
  const layout = layoutOf(text);
  return scanJson(text).repeated.map(({ path, starts }) => ({
    pointer: joinPointer('', ...path),
    positions: starts.map((start) => positionAt(text, start, layout)),
  }));
}

/**
 * JSON.parse, to which long integers are given as marked strings. One that is in a string itself makes a syntax error, as the
 * mark then follows a closing quote; so nothing is taken for an integer that isn't one.
 */
function parseExact(text: string): unknown {
  const marked = markLongIntegers(text);
  if (marked === text) return JSON.parse(text);
  if (text.includes(mark)) throw new JsonSyntaxError('the mark is in the text', 0);
  const top = [JSON.parse(marked)];
  // A list, not recursion: what isn't in the schema may be nested deeply.
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

/** The text with every long integer, as far as what stands around it tells, made a marked string. */
function markLongIntegers(text: string): string {
  let out = '';
  let from = 0;
  // A run of that many digits has one at every so manieth place: the others needn't be looked at.
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

/** A leading zero is no JSON. */
function exactInteger(digits: string): Int {
  if (/^-?0/.test(digits)) throw new JsonSyntaxError('a leading zero', 0);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

/** Line and column, counted from 1, of an offset; the column counts characters, not UTF-16 units. */
export function positionAt(text: string, offset: number, layout: Layout = layoutOf(text)): Position {
  const line = countUpTo(layout.lines, offset);
  const start = layout.lines[line - 1] ?? 0;
  const pairs = countUpTo(layout.pairs, offset - 1) - countUpTo(layout.pairs, start - 1);
  return { line, column: offset - start - pairs + 1 };
}

/** Offsets, in order, of where the lines begin and of the second halves of surrogate pairs. */
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

/** How many of the sorted offsets are not beyond offset. */
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
