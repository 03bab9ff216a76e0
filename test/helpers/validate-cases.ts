/** The broken and suspicious files in test/fixtures/validate: changes of base.json, texts and bytes, with what is to be found. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { joinPointer, splitPointer } from '../../src/base/json-pointer.js';
import { type FileKind, type ValidationFinding, validateText } from '../../src/config/validate/validate.js';
import { planProblems } from '../../src/plan/plan-problems.js';
import { changed, fixtures } from './config-helpers.js';

/** One file that is looked at. Of change, remove, rename and replace all that are given are made in base.json, in this order. */
export interface ValidateCase {
  readonly name: string;
  readonly kind?: FileKind;
  readonly advise?: boolean;
  /** The file as it is. */
  readonly text?: string;
  /** The file's bytes, in hexadecimal digits. */
  readonly hex?: string;
  /** Values by JSON pointer. */
  readonly change?: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  /** New names of members by JSON pointer. */
  readonly rename?: Readonly<Record<string, string>>;
  /** In the text: what is replaced, and by what. */
  readonly replace?: readonly [string, string];
  /** Each finding: its severity, code, place, JSON pointer and message. */
  readonly findings: readonly string[];
}

const directory = join(fixtures, 'validate');

/** File name → cases. */
export function validateCases(): Map<string, ValidateCase[]> {
  const names = readdirSync(directory).filter((name) => name !== 'base.json');
  return new Map(names.map((name) => [name, JSON.parse(readFileSync(join(directory, name), 'utf8'))]));
}

/** The file of a case. */
export function inputOf({ text, hex, change = {}, remove = [], rename = {}, replace }: ValidateCase): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex, 'hex');
  if (text !== undefined) return Buffer.from(text);
  let config = JSON.parse(readFileSync(join(directory, 'base.json'), 'utf8'));
  for (const [pointer, value] of Object.entries(change)) config = changed(config, pointer, value);
  for (const pointer of remove) config = changed(config, pointer, undefined);
  for (const [pointer, name] of Object.entries(rename)) config = renamed(config, pointer, name);
  const written = JSON.stringify(config, null, 2);
  if (replace !== undefined && !written.includes(replace[0])) throw new Error(`${replace[0]} is not in base.json`);
  return Buffer.from(replace === undefined ? written : written.replace(...replace));
}

/** A copy of config in which the member at pointer has another name, in the same place. */
export function renamed<T>(config: T, pointer: string, name: string): T {
  const parts = splitPointer(pointer);
  const old = parts.pop() ?? '';
  const holder = joinPointer('', ...parts);
  const inner = parts.reduce<unknown>((value, part) => (value as Record<string, unknown>)[part], config);
  const members = Object.entries(inner as Record<string, unknown>).map(([key, value]) => [
    key === old ? name : key,
    value,
  ]);
  return holder === '' ? (Object.fromEntries(members) as T) : changed(config, holder, Object.fromEntries(members));
}

/** What is found in the file of a case. */
export function findingsOf(one: ValidateCase): readonly ValidationFinding[] {
  const { kind = 'config', advise = false } = one;
  return validateText(inputOf(one), { kind, advise, further: planProblems }).findings;
}

/** A finding as the cases have it. */
export function lineOf({ severity, code, position, pointer, message }: ValidationFinding): string {
  return `${severity} ${code} ${position?.line}:${position?.column} ${pointer}: ${message}`;
}
