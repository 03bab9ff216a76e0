/** Puts the mistakes that the generated validators find into words, and takes what is wrong out of the value. */
import { joinPointer, splitPointer } from '../base/json-pointer.js';
import type { Guesses } from '../base/nearest.js';
import { quote, shorten } from '../base/quote.js';
import type { FindingDetails, Findings } from './findings.js';
import type { Int } from './spec.js';

/** A mistake: the JSON pointer of the value, the keyword of the schema that it breaks, and the parameters of that keyword. */
export interface SchemaError {
  instancePath: string;
  keyword: string;
  params: SchemaParams;
}

/** What a generated validator returns. */
export interface Validation {
  readonly errors: readonly SchemaError[];
  /** How many members that the schema knows are in the value, with those of maps; see checkNames. */
  readonly members: number;
}

interface SchemaParams {
  type?: string;
  missingProperty?: string;
  low?: Int;
  high?: Int;
  known?: readonly string[];
  pattern?: string;
  limit?: number;
}

/** What a string that matches each pattern of the schemas is, in words. */
const patterns: Readonly<Record<string, string>> = {
  '^[0-9, -]*$': 'a list of CPU numbers and ranges such as "0-3,5"',
  '^MB:[^\\n]*$': 'one line beginning with "MB:"',
  '^[1-9][0-9]*[KMG]B$': 'a size such as "64KB", "2MB" or "1GB"',
};

const schema: FindingDetails = { code: 'schema' };

/**
 * Notes a problem for each mistake that validate found in value. Then takes the wrong parts out of value: members are deleted,
 * items of arrays become holes. So the checks can look at all the rest, although they rely on the types.
 * @param errors what validate returned for value
 */
export function noteSchemaErrors(
  value: unknown,
  errors: readonly SchemaError[],
  validate: (value: unknown) => Validation,
  findings: Findings,
): void {
  for (const error of errors) {
    const missing = error.params.missingProperty;
    if (error.keyword === 'required' && missing !== undefined) {
      findings.problem(joinPointer(error.instancePath, missing), 'is missing; must be given', schema);
    } else findings.problem(error.instancePath, describe(error, valueAt(value, error.instancePath), findings), schema);
  }
  // Where a required member was wrong and is deleted, the object around it is incomplete and has to go too.
  for (let left = errors; takeOut(value, left, findings); ) left = validate(value).errors;
}

/**
 * Required members of process and seccomp without which the other members can still be checked. Any other object that lacks a
 * required member is taken out.
 */
const bearable = new Set(['cwd', 'defaultAction']);

/** Takes out what the errors name, and notes it as damaged. True when something was there to take out. */
function takeOut(value: unknown, errors: readonly SchemaError[], findings: Findings): boolean {
  let taken = false;
  for (const { instancePath, params } of errors) {
    findings.damage(instancePath);
    if (instancePath === '' || bearable.has(params.missingProperty ?? '')) continue;
    if (remove(value, instancePath)) taken = true;
  }
  return taken;
}

function describe(error: SchemaError, value: unknown, { guesses }: Findings): string {
  const { params } = error;
  switch (error.keyword) {
    case 'type':
      return `is ${kind(value)}; must be ${article(params.type ?? 'object')}`;
    case 'range':
      return describeRange(value, params.low ?? 0, params.high ?? 0);
    case 'known':
      return describeUnknown(value, params.known ?? [], guesses);
    case 'pattern':
      return `is ${quote(String(value))}; must be ${patterns[params.pattern ?? ''] ?? `text that matches ${params.pattern}`}`;
    case 'minItems':
      return `is an empty array; must have at least ${params.limit === 1 ? 'one item' : `${params.limit} items`}`;
    default:
      return `is not valid (${error.keyword})`;
  }
}

function describeRange(value: unknown, low: Int, high: Int): string {
  if (typeof value !== 'number' && typeof value !== 'bigint') return `is ${kind(value)}; must be an integer`;
  if (typeof value === 'number' && !Number.isInteger(value)) return `is ${value}; must be an integer`;
  const text = shorten(String(value));
  if (value < low) return `is ${text}; must be at least ${low}`;
  if (value > high) return `is ${text}; must be at most ${high}`;
  return `is ${text}, which is not exact; must be written as an integer with all its digits`;
}

function describeUnknown(word: unknown, known: readonly string[], guesses: Guesses): string {
  const list = known.filter((name) => name !== '');
  if (typeof word !== 'string') return `is ${kind(word)}; must be one of ${list.join(', ')}`;
  const near = guesses.nearest(word, known);
  const guess = near ? `did you mean ${quote(near)}? Known are ` : 'must be one of ';
  return `${quote(word)} is not known; ${guess}${list.join(', ')}`;
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  switch (typeof value) {
    case 'object':
      return 'an object';
    case 'string':
      return `the string ${quote(value)}`;
    case 'boolean':
      return `${value}`;
    case 'number':
    case 'bigint':
      return `the number ${shorten(String(value))}`;
    default:
      return 'nothing';
  }
}

function article(type: string): string {
  if (type === 'boolean') return 'true or false';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** What the JSON pointer names within value; undefined when there is no such thing. */
export function valueAt(value: unknown, pointer: string): unknown {
  let inner = value;
  for (const part of splitPointer(pointer)) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, part)) return undefined;
    inner = (inner as Record<string, unknown>)[part];
  }
  return inner;
}

/** Deletes what the pointer names within value; false when there is no such thing. */
function remove(value: unknown, pointer: string): boolean {
  const end = pointer.lastIndexOf('/');
  const holder = valueAt(value, pointer.slice(0, end));
  const [name = ''] = splitPointer(pointer.slice(end));
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, name)) return false;
  return delete (holder as Record<string, unknown>)[name];
}
