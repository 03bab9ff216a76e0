/** Finds which problems of a file are there only because a name is wrong, so that the name is told and they are not. */
import { isObject } from '../../base/is-object.js';
import { joinPointer, splitPointer } from '../../base/json-pointer.js';
import type { Finding } from '../findings.js';
import { type FileKind, inspect } from '../inspect.js';
import { parseJson } from '../json/json-text.js';
import { writeJson } from '../json/json-write.js';
import { valueAt } from '../schema-problems.js';

/** The problems and warnings of a file. */
export interface Found {
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** As many wrong names are tried: each needs the file to be checked once more, so of a large file fewer. */
const mostTried = (text: string): number => Math.max(1, Math.min(20, Math.floor(500_000 / text.length)));
/** As many problems that follow are named in a message. */
const mostNamed = 4;

/**
 * Checks the file again with each wrong name put right, and takes out what is no problem then. A wrong name of which a problem came
 * is itself one, also when by itself it would only be warned of. Slow, for files that are refused anyway.
 * @param text that was inspected; it is JSON
 * @param found what was found in it
 */
export function foldProblems(text: string, kind: FileKind, found: Found): Found {
  const refused = new Set(found.problems.map(({ pointer }) => pointer));
  // What is refused for another reason is told with that reason alone.
  const warnings = found.warnings.filter(({ code, pointer }) => code !== 'unknown-key' || !refused.has(pointer));
  const wrong = [...found.problems, ...warnings].filter(({ meant }) => meant !== undefined).slice(0, mostTried(text));
  // Where nothing but wrong names is refused, nothing can come of them.
  const others = found.problems.some(({ meant }) => meant === undefined);
  if (wrong.length === 0 || !others) return { problems: found.problems, warnings };
  const { value } = parseJson(text);
  const given = problemsOf(value, kind);
  const folded = new Map<Finding, Finding>();
  const gone = new Set<string>();
  const isName = new Set(wrong.map(keyOf));
  for (const name of wrong) {
    const right = withRightName(value, baseOf(value, kind), name);
    if (right === undefined) continue;
    const left = new Set(problemsOf(right, kind).map(keyOf));
    const follow = given.filter((one) => {
      const key = keyOf(one);
      return !left.has(key) && !isName.has(key) && !gone.has(key);
    });
    if (follow.length === 0) continue;
    for (const one of follow) gone.add(keyOf(one));
    folded.set(name, { ...name, text: withFollow(name.text, follow), follow });
  }
  const problems = found.problems.filter((one) => !gone.has(keyOf(one))).map((one) => folded.get(one) ?? one);
  const raised = warnings.flatMap((one) => folded.get(one) ?? []);
  return {
    problems: [...raised, ...problems],
    warnings: warnings.filter((one) => !folded.has(one)),
  };
}

/**
 * Puts problems that were found later, by other means, under the wrong names that they come of: each is where a name was meant to be.
 */
export function foldLater(later: readonly Finding[], { problems, warnings }: Found): Found {
  const left = later.filter(({ pointer }) => !warnings.some(({ meant }) => meant === pointer));
  const raised = warnings.flatMap((name) => {
    const follow = later.filter(({ pointer }) => pointer === name.meant);
    return follow.length === 0 ? [] : [{ ...name, text: withFollow(name.text, follow), follow }];
  });
  return {
    problems: [...problems, ...raised, ...left],
    warnings: warnings.filter(({ pointer }) => !raised.some((name) => name.pointer === pointer)),
  };
}

/** The text of a file with every wrong name put right that can be; undefined when there is none. For what else comes of them. */
export function withRightNames(text: string, kind: FileKind, { problems, warnings }: Found): string | undefined {
  const wrong = [...problems, ...warnings].filter(({ meant }) => meant !== undefined).slice(0, mostTried(text));
  if (wrong.length === 0) return undefined;
  let { value } = parseJson(text);
  for (const name of wrong) value = withRightName(value, baseOf(value, kind), name) ?? value;
  return writeJson(value);
}

const keyOf = ({ pointer, text }: Finding): string => `${pointer}\n${text}`;

function problemsOf(value: unknown, kind: FileKind): readonly Finding[] {
  return inspect(writeJson(value), kind).findings.problems;
}

/** The JSON pointer of the value in a file: /mounts where the file is the array itself. */
function baseOf(value: unknown, kind: FileKind): string {
  return kind === 'mounts' && Array.isArray(value) ? '/mounts' : '';
}

/** A copy of value with the member at its right place; undefined when it isn't there, or its right place is taken. */
function withRightName(value: unknown, base: string, { pointer, meant = '' }: Finding): unknown {
  const from = pointer.slice(base.length);
  const to = meant.slice(base.length);
  const copy = parseJson(writeJson(value)).value;
  const old = holderOf(copy, from, false);
  const target = holderOf(copy, to, true);
  if (old === undefined || target === undefined || !Object.hasOwn(old.members, old.name)) return undefined;
  if (Object.hasOwn(target.members, target.name)) return undefined;
  target.members[target.name] = old.members[old.name];
  delete old.members[old.name];
  return copy;
}

/** The object that has the member a pointer names, and its name; with make, objects that are missing on the way are made. */
function holderOf(
  value: unknown,
  pointer: string,
  make: boolean,
): { members: Record<string, unknown>; name: string } | undefined {
  const parts = splitPointer(pointer);
  const name = parts.pop();
  if (name === undefined) return undefined;
  let at = '';
  for (const part of parts) {
    const around = valueAt(value, at);
    if (make && isObject(around) && !Object.hasOwn(around, part)) around[part] = {};
    at = joinPointer(at, part);
  }
  const members = valueAt(value, at);
  return isObject(members) ? { members, name } : undefined;
}

function withFollow(text: string, follow: readonly Finding[]): string {
  const pointers = follow.map(({ pointer }) => pointer).filter((pointer) => pointer !== '');
  if (pointers.length === 0) return text;
  const named = pointers.slice(0, mostNamed);
  const more = pointers.length - named.length;
  const list = more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
  return `${text} (because of it wrong as well: ${list})`;
}
