/** Makes arbitraries of the JSON schemas in spec-schemas: values that a schema accepts, ordinary ones and those at the edges. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseJson } from '../../src/config/json/json-text.js';
import { likelyNames, likelyTexts } from './likely-values.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

const read = new Map<string, Schema>();

function schemaFile(name: string): Schema {
  const known = read.get(name);
  if (known !== undefined) return known;
  const schema = parseJson(readFileSync(join('spec-schemas', name), 'utf8')).value as Schema;
  read.set(name, schema);
  return schema;
}

/** The schema that a reference names, and the file that it is in. */
function resolve(reference: string, file: string): [Schema, string] {
  const [name, path = ''] = reference.split('#');
  const from = name === '' ? file : name!;
  let schema: unknown = schemaFile(from);
  for (const part of path.split('/').filter(Boolean)) schema = (schema as Record<string, unknown>)[part];
  return [schema as Schema, from];
}

/** Numbers at the edges of a range and of what computers have, and any within it. */
function integers({ minimum = -(2n ** 63n), maximum = 2n ** 64n - 1n }: Schema): fc.Arbitrary<unknown> {
  const [min, max] = [BigInt(minimum), BigInt(maximum)];
  const edges = [
    min,
    min + 1n,
    max - 1n,
    max,
    -1n,
    0n,
    1n,
    2n,
    10n,
    100n,
    1000n,
    1024n,
    4096n,
    65536n,
    2n ** 20n,
    2n ** 31n - 1n,
  ];
  const more = [2n ** 31n, 2n ** 32n - 2n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n];
  const inside = [...edges, ...more].filter((number) => number >= min && number <= max);
  const number = fc.oneof(fc.constantFrom(...inside), fc.bigInt({ min, max }));
  return number.map((one) => (Number.isSafeInteger(Number(one)) ? Number(one) : one));
}

/** What breaks into lines, paths and tables: for any text. */
const oddTexts = [
  '',
  ' ',
  '/',
  '//',
  '.',
  '..',
  '../..',
  '/..',
  'a b',
  '-1',
  '0',
  'a\n',
  '\t',
  '\\',
  '"',
  '%s',
  '{}',
  '*',
  '~',
  ':',
  '=',
  ',',
];
const strange = [
  'a\0b',
  '\ud800',
  '\ufffd',
  'é',
  '😀',
  '\u202e',
  'a/../../b',
  'A'.repeat(5000),
  '/'.repeat(300),
  'constructor',
  '__proto__',
];

function texts({ enum: words, pattern }: Schema, name: string): fc.Arbitrary<unknown> {
  if (words !== undefined) return fc.constantFrom(...words);
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { maxLength: 12 });
  const likely = likelyTexts[name] ?? ['a', '/a', '/a/b'];
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...likely) },
    { weight: 1, arbitrary: fc.constantFrom(...oddTexts) },
    { weight: 1, arbitrary: fc.constantFrom(...strange) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  );
}

function objects(schema: Schema, file: string, name: string): fc.Arbitrary<unknown> {
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined) {
    const names = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...(likelyNames[name] ?? ['a', 'b'])) },
      { weight: 1, arbitrary: fc.constantFrom(...oddTexts, ...strange) },
    );
    const value =
      additionalProperties === undefined ? fc.jsonValue({ maxDepth: 1 }) : ofSchema(additionalProperties, file, name);
    return fc.array(fc.tuple(names, value), { maxLength: 4 }).map(withMembers);
  }
  const optional = Object.keys(properties).filter((member) => !required.includes(member));
  const chosen = fc.oneof(
    { weight: 4, arbitrary: fc.subarray(optional, { maxLength: Math.min(optional.length, 5) }) },
    { weight: 1, arbitrary: fc.subarray(optional) },
  );
  const members = new Map(Object.entries(properties).map(([member, inner]) => [member, ofSchema(inner, file, member)]));
  return chosen.chain((some) =>
    fc
      .tuple(...[...required, ...some].map((member) => fc.tuple(fc.constant(member), members.get(member)!)))
      .map(withMembers),
  );
}

/** A plain object, in which `__proto__` is a name as any other. */
function withMembers(members: readonly (readonly [string, unknown])[]): unknown {
  const object = {};
  for (const [name, value] of members)
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  return object;
}

function ofSchema(schema: Schema, file: string, name: string): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) {
    const [target, from] = resolve(schema.$ref, file);
    return ofSchema(target, from, name);
  }
  switch (schema.type) {
    case 'object':
      return objects(schema, file, name);
    case 'array':
      return fc.array(ofSchema(schema.items ?? {}, file, name), { minLength: schema.minItems ?? 0, maxLength: 4 });
    case 'string':
      return texts(schema, name);
    case 'integer':
      return integers(schema);
    case 'boolean':
      return fc.boolean();
    default:
      throw new Error(`${file}: ${name} is of no type that is known here`);
  }
}

/** Values that the schema in a file of spec-schemas accepts. */
export const fromSchema = (file: string): fc.Arbitrary<unknown> => ofSchema(schemaFile(file), file, '');
